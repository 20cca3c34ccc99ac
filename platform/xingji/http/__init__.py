"""The building's front door: HTTP in, HTTP out. It knows no table and no rule of the programme."""
