"""POST /imports/decision: the province's list as a file, kept with the report that it decides on, and matched against it line by line.

The file is attached to the report like any evidence; the round itself is not touched. The answer says what each line names, and what it
does not: whoever entered it looks at that, and then sends `recordDecision` with the matched items and the file's SHA-256, and that
act's own rules hold. It is no GraphQL field because a file comes by multipart, and the answer belongs to this very file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from certification.matching import Listed, Unmatched, Why, match_lines, read_lines
from certification.model import RosterItem
from certification.reading import read_reported
from graphql_schema.ids import NodeRef, format_id
from graphql_schema.mutations.boundary import get_principal
from graphql_schema.session import Session
from xingji.evidence.keeping import Keeper
from xingji.http.evidence import Door, answer_attached, attach_file, read_given
from xingji.http.settings import HttpSettings

NAMES: Final = frozenset({"report", "label", "requestId"})
LABEL: Final = "省厅认定名单"
WHY: Final[Mapping[Why, tuple[str, str]]] = {
    Why.NO_NAME: ("本行没有社区名称", "the line names no community"),
    Why.NO_VERDICT: ("结论不是规定用语", "the verdict is none of the known words"),
    Why.NOT_IN_REPORT: ("报送名单中没有完全同名的申请", "the report lists nothing of exactly this name"),
    Why.AMBIGUOUS: ("报送名单中有多份申请同名", "the report lists several of this name"),
    Why.REPEATED: ("同一申请出现在多行", "several lines name the same application"),
}


def import_routes(settings: HttpSettings) -> tuple[BaseRoute, ...]:
    """The routes of imports."""
    door = Door(settings)

    async def import_decision(request: Request, session: Session, keeper: Keeper) -> Response:
        async def work(fields: Mapping[str, str], path: Path) -> Response:
            given = read_given({"label": LABEL, **fields, "subject": fields.get("report", "")})
            kept, rows = await keeper.inspector.inspect_list(path)
            found = match_lines(read_lines(rows), await _read_report(session, given.subject))
            done = await attach_file(session, keeper, given, kept)
            return answer_attached(
                given,
                done,
                {
                    "matched": [
                        {
                            "applicationId": _id(one.listed),
                            "verdict": one.verdict.upper(),
                            "reason": one.line.reason,
                            "line": one.line.number,
                        }
                        for one in found.matched
                    ],
                    "unmatched": [_unmatched(one) for one in found.unmatched],
                    "missing": [_named(one) for one in found.missing],
                },
            )

        return await door.upload(request, keeper, NAMES, work)

    return (Route("/imports/decision", door.guard(import_decision), methods=["POST"]),)


async def _read_report(session: Session, report: NodeRef) -> tuple[Listed, ...]:
    """What the report lists. Raises RosterMissingError for another list; one of another tenant is the act's to refuse."""
    principal = get_principal(session)
    if report.tenant != principal.tenant_id:
        return ()
    async with session.database.read(principal.scope()) as tx:
        found = await read_reported(tx, report.uuid)
    return tuple(Listed(item.application_tenant_id, item.application_id, _names(item)) for item in found)


def _names(item: RosterItem) -> tuple[str, str, str, str]:
    city, county, street, community = item.community_name.split(" / ")
    return city, county, street, community


def _unmatched(one: Unmatched) -> dict[str, Any]:
    zh, en = WHY[one.why]
    return {
        "line": one.line.number,
        "text": one.line.text,
        "why": one.why.value,
        "messageZh": zh,
        "messageEn": en,
        "candidates": [_named(listed) for listed in one.candidates],
    }


def _named(listed: Listed) -> dict[str, str]:
    return {"applicationId": _id(listed), "communityName": " / ".join(listed.names)}


def _id(listed: Listed) -> str:
    return format_id(NodeRef("Application", listed.tenant_id, listed.id))
