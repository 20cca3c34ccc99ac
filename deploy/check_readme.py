"""Runs the READMEs' commands as they stand: every fenced block whose info string is `sh ci`.

    python deploy/check_readme.py README.md README.zh-CN.md

Each block is one `sh -eu` script, run from the repository's root. A block that both READMEs show is run once. It ends
with 1 at the first block that fails, and with 1 if there is no block at all.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh ci\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(names: list[str]) -> int:
    blocks = dict.fromkeys(
        block for name in names for block in BLOCK.findall((ROOT / name).read_text("utf-8"))
    )
    if not blocks:
        sys.stderr.write(f"no block marked `sh ci` in {', '.join(names)}\n")
        return 1
    for block in blocks:
        sys.stdout.write("".join(f"$ {line}\n" for line in block.splitlines()))
        sys.stdout.flush()
        code = subprocess.run(["/bin/sh", "-eu", "-c", block], cwd=ROOT, check=False).returncode  # noqa: S603
        if code != 0:
            sys.stderr.write(f"exit {code}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
