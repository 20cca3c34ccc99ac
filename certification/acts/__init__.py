"""The acts: one module each, with its command, what it loads, who may do it and what it decides."""
