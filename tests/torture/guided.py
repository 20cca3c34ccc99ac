"""The parsers' rule under bytes that coverage leads, where atheris is installed: `pip install '.[fuzz]'`, then `./dev torture fuzz`.

    python -m tests.torture.guided PARSER --seconds 60 --seed 1 --folder DIR

is one parser in a process of its own, for libFuzzer never comes back; `fuzz_guided` runs that for each of the table in turn. A parser starts
from its samples, with `INTERESTING` for a dictionary. Bytes that break the rule are printed, and kept in the folder until it is said
which they are.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Final

MAX_LENGTH: Final = 16_384
_DONE: Final = re.compile(r"stat::number_of_executed_units: ([0-9]+)")
_FEATURES: Final = re.compile(r" cov: ([0-9]+) ")


def is_installed() -> bool:
    """Whether atheris is here."""
    return importlib.util.find_spec("atheris") is not None


def fuzz_guided(names: list[str], seconds: float, seed: int) -> Counter[str]:
    """How often each parser was tried, and how much of it was reached. Raises AssertionError with what atheris says of the first one that broke."""
    done = Counter[str]()
    each = max(1, round(seconds / len(names)))
    for name in names:
        with tempfile.TemporaryDirectory(prefix="xt-") as folder:
            told = {"--seconds": each, "--seed": seed, "--folder": folder}
            command = [sys.executable, "-m", "tests.torture.guided", name, *_words(told)]
            ran = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=each + 120, check=False
            )
            assert ran.returncode == 0, f"{name}:\n{(ran.stdout + ran.stderr)[-6000:]}"
            executed = _DONE.search(ran.stderr)
            assert executed is not None, f"{name}: no count\n{ran.stderr[-2000:]}"
            done[f"{name}, tried"] = int(executed[1])
            done[f"{name}, edges reached"] = int(_FEATURES.findall(ran.stderr)[-1])
    return done


def main() -> None:
    """Fuzz one parser until the time is over; ends the process with 0, or with libFuzzer's code where the rule is broken."""
    import atheris  # an extra: nothing else here needs it

    with atheris.instrument_imports(include=["audit", "tests.torture.parsers"]):
        # Whatever was imported before this line would not lead the way.
        from tests.torture.parsers import INTERESTING, parsers
    reader = argparse.ArgumentParser()
    reader.add_argument("name")
    reader.add_argument("--seconds", type=int, required=True)
    reader.add_argument("--seed", type=int, required=True)
    reader.add_argument("--folder", type=Path, required=True)
    given = reader.parse_args()
    (parser,) = [one for one in parsers() if one.name == given.name]
    corpus, words = given.folder / "corpus", given.folder / "words"
    corpus.mkdir()
    for sample in parser.samples:
        (corpus / sha256(sample).hexdigest()).write_bytes(sample)
    words.write_text("".join(map(_quoted, INTERESTING)))
    options = {
        "max_total_time": given.seconds,
        "seed": given.seed % 2**32,
        "max_len": MAX_LENGTH,
        "timeout": 30,
        "dict": words,
        "artifact_prefix": f"{given.folder}/broke-",
        "print_final_stats": 1,
        "verbosity": 1,
    }
    atheris.Setup(
        [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)],
        lambda data: parser.try_on(data) and None,
    )
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    """A line of libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n'


def _words(told: dict[str, object]) -> list[str]:
    return [word for name, value in told.items() for word in (name, str(value))]


if __name__ == "__main__":
    main()
