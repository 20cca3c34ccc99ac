"""Plugs everything together: settings, ASGI app, HTTP routes, command line, demo."""
