"""Files that are there whole or not at all, on the disk when the call returns."""

import json
import os
from pathlib import Path
from typing import Any


def keep_text(path: Path, text: str) -> None:
    """Put it in the place of what was there."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def keep(path: Path, value: dict[str, Any]) -> None:
    """Keep a JSON object."""
    keep_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
