"""A process like `xingji serve` that stands on 2022-05-10: `python serve_story.py HOME PORT`. It is there to be killed."""

import sys
from pathlib import Path

from xingji.app import create_app
from xingji.databases import open_database
from xingji.demo.clock import StoryClock, shanghai
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings
from xingji.service import open_service
from xingji.settings import Settings

CADENCE = 0.3


def run(home: Path, port: int) -> None:
    settings = Settings(home, "127.0.0.1", port, 8, False, True, None, None, checkpoint_seconds=CADENCE)
    with open_database(settings) as database:
        clock = StoryClock(shanghai(5, 10))
        app = create_app(
            HttpSettings(graphiql=False, budget=0, stranger_budget=0),
            lambda: open_service(settings, database.app_url, clock=clock),
        )
        serve(app, settings.host, settings.port)


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
