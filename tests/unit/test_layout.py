"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BELOW_THE_BOUNDARY = ("certification", "tenancy", "audit")
# The module that owns transactions, and three that keep what must outlive a refusal: failed sign-ins, the access log, counted tries.
BOUNDARY = {Path(f"tenancy/{name}.py") for name in ("database", "sign_in", "access", "throttle")}


def committed(pattern: str = "*") -> list[Path]:
    """Files git knows or would add; in an archive without git, everything but what tools make."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        found = [ROOT / line for line in listing.stdout.splitlines()]
    else:
        made = {".venv", ".xingji", ".git", "node_modules", "__pycache__", "dist", "build"}
        found = [path for path in ROOT.rglob(pattern) if not made & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]


def offenders(pattern: str, files: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_platform_stays_a_plain_folder() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_locks_are_hashed_and_name_no_place() -> None:
    locks = sorted((ROOT / "deploy" / "requirements").glob("*.txt"))
    assert [lock.stem for lock in locks] == ["base", "boot", "dev", "extras", "node", "postgres"]
    assert offenders(r"://|--index|--find-links|^\s*-e|(^|[\s'\"])/\w", locks) == []
    for lock in locks:
        for requirement in re.split(r"\n(?=\S)", lock.read_text().strip()):
            assert re.match(r"[a-z0-9.-]+==\S+", requirement), requirement
            assert "--hash=sha256:" in requirement, requirement


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    # Entry bundles are framed by lengths: bytes, not text.
    text = [
        path
        for path in committed()
        if path.suffix not in {".png", ".gz", ".xz", ".woff2", ".ico", ".tst"} and "tile" not in path.parts
    ]
    hosts = "|".join(
        ["py" + r"pi\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb" + r"\.debian\.org"]
    )
    assert offenders(rf"{hosts}|/home/\w+/|/{chr(119)}ork/\w+/", text) == []


def test_no_module_uses_the_orm() -> None:
    assert (
        offenders(
            r"^\s*(from|import)\s+sqlalchemy\.(ext\.)?orm|^\s*from sqlalchemy import .*\borm\b",
            committed("*.py"),
        )
        == []
    )


@pytest.mark.parametrize("package", BELOW_THE_BOUNDARY)
def test_no_module_below_the_boundary_ends_a_transaction(package: str) -> None:
    files = [path for path in committed(f"{package}/*.py") if path.relative_to(ROOT) not in BOUNDARY]
    assert files
    assert [f"{path.relative_to(ROOT)}:{line}" for path in files for line in transaction_calls(path)] == []


def transaction_calls(path: Path) -> list[int]:
    """Lines that call what only the boundary may; the docstrings' examples are text, not calls."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    found = [(node.lineno, node.func) for node in calls if isinstance(node.func, ast.Attribute)]
    endings = {"commit", "rollback", "transaction"}
    return sorted(
        line
        for line, called in found
        if called.attr in endings
        or (called.attr == "write" and ast.unparse(called.value).endswith("database"))
    )


def test_the_search_for_transactions_finds_them(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""database.write(x)"""\nawait_(conn.transaction())\nself.database.write(t)\nfile.write(t)\n'
    )
    assert transaction_calls(module) == [2, 3]
