"""`fileObjection`: anybody objects to what is being publicised (提出异议). Nobody signs in for it.

Also for somebody who is signed in: the session's principal is left out, so neither the ledger nor the access log says who it was.
"""

from __future__ import annotations

from dataclasses import replace

import strawberry

from certification.acts.file_objection import ACT, Command, check_content
from certification.errors import NotFoundError, RequestNotUuidError
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import REFUSALS, receipt_of, record_public, refuse
from graphql_schema.scalars import parse_uuid
from graphql_schema.session import Session
from graphql_schema.strangers import check_filing, digest_code, format_code


@strawberry.input(description="An objection; name and contact only if one wishes (异议).")
class FileObjectionInput:
    """Personal data: the ledger holds salted commitments of it."""

    notice_id: strawberry.ID = strawberry.field(description="The publicity, by its `noticeId` (公示).")
    position: int = strawberry.field(description="The item that it is against (序号).")
    text: str = strawberry.field(description="What is objected, 10 to 2000 字 (异议内容).")
    name: str | None = strawberry.field(default=None, description="Name; none: anonymous (姓名).")
    contact: str | None = strawberry.field(default=None, description="How to reach one (联系方式).")


async def file_objection(root: Session, request_id: strawberry.ID, input: FileObjectionInput) -> Outcome:
    """The code by which it is followed. The request id is a UUID: the same one again gives the same code."""
    session = replace(root, principal=None)
    notice = parse_id(input.notice_id, "PublicNotice")
    try:
        if notice.tenant not in session.public:
            raise NotFoundError(what="publicity", what_zh="公示")
        name = _check_request(request_id)
        derive, whole = session.get_desk().derive, f"{notice.tenant}/{name}"
        code = format_code(derive("objection.code", whole))
        command = Command(
            notice.uuid, input.position, digest_code(code), input.text, input.name, input.contact
        )
        check_content(command)
        await check_filing(session, notice.tenant)
        done = await record_public(session, ACT, command, notice.tenant, derive("objection.actor", whole))
    except REFUSALS as refusal:
        return await refuse(session, refusal, ACT.operation, notice.tenant)
    return Outcome("ObjectionFiled", {"code": code, "receipt": receipt_of(done)})


def _check_request(request_id: str) -> str:
    try:
        return str(parse_uuid(request_id))
    except ValueError:
        raise RequestNotUuidError from None
