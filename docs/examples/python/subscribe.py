"""Watch a cycle of reviews, one JSON object an event, and remember the last sequence: the next start goes on behind it.

python subscribe.py CYCLE SEEN.txt [--sse] [--events N]
"""

import argparse
import asyncio
import json
from contextlib import aclosing
from pathlib import Path

from county import County
from keeping import keep_text


async def main(arguments: argparse.Namespace) -> None:
    seen: Path = arguments.seen
    after = int(seen.read_text()) if seen.exists() else None
    async with County() as county:
        watching = county.stream if arguments.sse else county.watch
        told = 0
        async with aclosing(watching(arguments.cycle, after)) as events:
            async for event in events:
                state = event.review_cycle_progress
                print(json.dumps(state.model_dump(by_alias=True), ensure_ascii=False), flush=True)
                keep_text(seen, str(state.sequence))
                told += 1
                if told == arguments.events:
                    return


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("cycle")
    parser.add_argument("seen", type=Path)
    parser.add_argument("--sse", action="store_true")
    parser.add_argument("--events", type=int, help="stop after so many")
    asyncio.run(main(parser.parse_args()))
