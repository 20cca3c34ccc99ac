"""The one read path (docs/adr/0006): a validated selection becomes one SQL statement a root field, whose answer is finished JSON."""
