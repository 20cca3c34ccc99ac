"""Every application in reach, one JSON object a line, page after page by cursor.

python page.py [--status STREET_ENDORSED] [--first 50]
"""

import argparse
import asyncio
import json

from county import County
from xingji_client import ApplicationFilter, ApplicationStatus


async def main(status: str | None, first: int) -> None:
    which = ApplicationFilter(status=[ApplicationStatus(status)] if status else None)
    async with County() as county:
        after = None
        while True:
            page = (await county.applications(first, after, which)).applications
            for node in (edge.node for edge in page.edges):
                told = {"id": node.id, "status": node.status, "community": node.community.name}
                print(json.dumps({**told, "formHash": node.form and node.form.hash}, ensure_ascii=False))
            if not page.page_info.has_next_page:
                return
            after = page.page_info.end_cursor


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--status")
    parser.add_argument("--first", type=int, default=50, help="how many a page, at most 100")
    given = parser.parse_args()
    asyncio.run(main(given.status, given.first))
