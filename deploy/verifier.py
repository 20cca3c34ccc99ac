"""Builds `xingji-verify.pyz`, the auditor's tool: one file that needs Python 3.11 and `cryptography`.

    ./dev verifier [FILE]            dist/xingji-verify.pyz by default; prints its SHA-256

It holds the modules of audit/ that `audit.commands` imports, found by reading their imports, and nothing else. The same sources give
the same bytes on every machine: sorted, uncompressed, without times or owners. So whoever has the sources can tell what an auditor was given.
"""

import ast
import hashlib
import sys
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENTRY = "audit.commands"
MAIN = "import sys\n\nfrom audit.commands import main\n\nsys.exit(main())\n"
SHEBANG = b"#!/usr/bin/env python3\n"
TIME = (1980, 1, 1, 0, 0, 0)
WORKER = "audit.crew"
"""Workers import it by name; that `audit.verify` imports it too is checked below."""


def main(argv: Sequence[str]) -> int:
    """Build; returns the exit code."""
    target = Path(argv[0]) if argv else ROOT / "dist" / "xingji-verify.pyz"
    data = build(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o755)
    print(f"{hashlib.sha256(data).hexdigest()}  {target}")
    return 0


def build(root: Path) -> bytes:
    """The bytes of the tool, from the sources below `root`."""
    sources = {"__main__.py": MAIN.encode(), "audit/__init__.py": (root / "audit/__init__.py").read_bytes()}
    sources |= {f"audit/{name[6:]}.py": path.read_bytes() for name, path in find_modules(root).items()}
    packed = BytesIO()
    packed.write(SHEBANG)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(sources.items()):
            info = zipfile.ZipInfo(name, TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)
    return packed.getvalue()


def find_modules(root: Path) -> dict[str, Path]:
    """The modules of audit/ that the entry needs, by name, with their files."""
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = root / (name.replace(".", "/") + ".py")
            waiting += (one for one in imports(found[name]) if one.startswith("audit."))
    if WORKER not in found:
        raise RuntimeError(f"{WORKER} is not among the modules")
    return found


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
