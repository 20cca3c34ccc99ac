"""`xingji serve`: serve the API until SIGTERM or SIGINT."""

import argparse

from xingji.app import create_app
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings
from xingji.service import open_service
from xingji.settings import Settings
from xingji.telemetry.opening import open_telemetry


def add_parser(commands: Commands) -> None:
    """Add `serve`."""
    text = "启动服务 · serve the API"
    parser = commands.add_parser("serve", help=text, description=text)
    parser.add_argument("--host", help="监听地址（默认 127.0.0.1）· where to listen")
    parser.add_argument("--port", type=int, help="端口（默认 8000）· the port")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve; blocks."""
    with open_telemetry(settings) as telemetry, open_database(settings) as database:
        app = create_app(
            HttpSettings(
                graphiql=settings.introspection,
                trusted_proxies=settings.trusted_proxies,
                budget=settings.budget,
                stranger_budget=settings.stranger_budget,
            ),
            lambda: open_service(settings, database.app_url, telemetry=telemetry),
            telemetry=telemetry,
        )
        serve(app, settings.host, settings.port, handlers=telemetry.handlers)
    return 0
