"""`./dev torture hammer|kills|faults|fuzz|vectors|cases|siege`: the ledger under load, kills, faults and damaged bytes; the API under strangers.

    ./dev torture hammer --seconds 600 --counties 50
    ./dev torture kills --kills 300
    ./dev torture faults
    ./dev torture fuzz --seconds 600            led by coverage where atheris is installed, else by lot
    ./dev torture vectors --folder CHECKOUT     public proofs of RFC 6962: tests/torture/vectors.py says which
    ./dev torture cases --cases 10000
    ./dev torture siege

Everything happens in a folder of its own, on loopback. Exit code 0: nothing was found wrong; anything else is a traceback that says what.
Short versions of all but the vectors are in the suite.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.integration.siege.besieged import from_nothing
from tests.integration.siege.cases import Cases
from tests.integration.siege.costs import attack_all
from tests.torture.faults import torture_steps
from tests.torture.guided import fuzz_guided, is_installed
from tests.torture.hammer import hammer
from tests.torture.kills import torture_kills
from tests.torture.land import served
from tests.torture.parsers import accidents, parsers
from tests.torture.vectors import judge_vectors


def main() -> None:
    """Torture as asked, and say what was done."""
    parser = argparse.ArgumentParser(prog="./dev torture", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("hammer", "kills", "faults", "fuzz", "vectors", "cases", "siege"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--counties", type=int, default=50)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20220425)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "vectors" and arguments.folder is None:
        parser.error("vectors are judged where they lie: --folder CHECKOUT")
    begun = time.monotonic()
    done = _do(arguments)
    for name, count in sorted(done.items()):
        print(f"{name}: {count:,}")
    print(f"{time.monotonic() - begun:.0f} s, nothing wrong")


def _do(arguments: argparse.Namespace) -> Counter[str]:
    if arguments.what == "vectors":
        return judge_vectors(arguments.folder)
    if arguments.what == "fuzz":
        return _fuzz(arguments)
    besiege = arguments.what in {"cases", "siege"}
    return asyncio.run(_besiege(arguments) if besiege else _torture(arguments))


async def _torture(arguments: argparse.Namespace) -> Counter[str]:
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))  # short: sockets lie in it
    folder.chmod(0o711)
    counties = {"hammer": arguments.counties, "kills": min(12, arguments.counties), "faults": 4}
    try:
        async with served(folder, counties[arguments.what]) as land:
            if arguments.what == "hammer":
                done = await hammer(land, arguments.seconds, arguments.seed)
            elif arguments.what == "kills":
                done = await torture_kills(land, arguments.kills, arguments.seed)
            else:
                told = await torture_steps(land)
                done = Counter(steps=told.steps, answered=told.answered, unanswered=told.unanswered)
            await land.check_whole()
            return done
    finally:
        shutil.rmtree(folder)


async def _besiege(arguments: argparse.Namespace) -> Counter[str]:
    async with from_nothing() as place:
        if arguments.what == "cases":
            cases = Cases(place, arguments.seed)
            await asyncio.to_thread(cases.run, arguments.cases)
            done = cases.counts + Counter({"slowest answer, ms": round(cases.slowest * 1000)})
        else:
            done = await asyncio.to_thread(attack_all, place, 1_000)
        assert place.failures() == []
        await place.check_whole()
        return done


def _fuzz(arguments: argparse.Namespace) -> Counter[str]:
    if is_installed():
        return fuzz_guided([parser.name for parser in parsers()], arguments.seconds, arguments.seed)
    print("atheris is not installed (pip install '.[fuzz]'): damaged by lot")
    luck, done = random.Random(arguments.seed), Counter[str]()
    running = [(parser, accidents(parser, luck)) for parser in parsers()]
    until = time.monotonic() + arguments.seconds
    while time.monotonic() < until:
        for parser, made in running:
            for _ in range(200):
                done[f"{parser.name}, taken"] += parser.try_on(next(made))
                done[f"{parser.name}, tried"] += 1
    return done


if __name__ == "__main__":
    main()
