"""The database's history, by Alembic. Imports nothing of the application."""
