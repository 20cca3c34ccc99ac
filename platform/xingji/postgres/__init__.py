"""An embedded PostgreSQL: found, initialised, started, shared and never left behind.

    with EmbeddedPostgres.start(Path(".xingji")) as server:
        await asyncpg.connect(server.url("app"))

- `binaries` finds a PostgreSQL 15 to 18.
- `identity` chooses whom the server runs as, since PostgreSQL refuses root.
- `cluster` makes the data folder with its roles, once.
- `watch` is a process of its own that ends the server when ours is gone, however it went.
- `server` puts them together: one process owns the server, later ones attach.

It manages no outside server and it migrates nothing.
"""

from xingji.postgres.server import EmbeddedPostgres, Role

__all__ = ["EmbeddedPostgres", "Role"]
