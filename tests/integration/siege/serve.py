"""A process like `xingji serve` over a database that stands already: `python serve.py HOME URL PORT MOMENT`. It is there to be attacked.

Nothing is more generous than in an installation but the budgets, which would end a siege at its first minute; who does not say who they are
is waited for more briefly. The log goes where it is told. `MOMENT` is when its story goes on, in RFC 3339; introspection is off, as it is
unless an operator wants it.
"""

import sys
from datetime import datetime
from pathlib import Path

from xingji.app import create_app
from xingji.demo.clock import StoryClock
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings
from xingji.service import open_service
from xingji.settings import Settings


def run(home: Path, url: str, port: int, moment: datetime) -> None:
    """Serve until told to stop."""
    heads = home / "heads" / url.rpartition("/")[2].partition("?")[0]
    settings = Settings(home, "127.0.0.1", port, 8, False, False, url, None, heads, vouch_seconds=86_400)
    clock = StoryClock(moment)
    app = create_app(
        HttpSettings(graphiql=False, budget=0, stranger_budget=0, init_seconds=1.5),
        lambda: open_service(settings, url, clock=clock),
    )
    serve(app, settings.host, settings.port)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), datetime.fromisoformat(sys.argv[4]))
