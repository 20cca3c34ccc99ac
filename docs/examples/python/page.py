"""Every application in reach, one JSON object a line, page after page by cursor.

python page.py [STATUS]
"""

import asyncio
import json
import sys

from county import County
from xingji_client import ApplicationFilter, ApplicationStatus


async def main(status: str | None) -> None:
    which = ApplicationFilter(status=[ApplicationStatus(status)] if status else None)
    async with County() as county:
        after = None
        while True:
            page = (await county.applications(first=5, after=after, filter_=which)).applications
            for node in (edge.node for edge in page.edges):
                told = {"id": node.id, "status": node.status, "community": node.community.name}
                print(json.dumps({**told, "formHash": node.form and node.form.hash}, ensure_ascii=False))
            if not page.page_info.has_next_page:
                return
            after = page.page_info.end_cursor


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
