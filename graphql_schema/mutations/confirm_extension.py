"""`confirmExtension`: an officer of the city confirms an extension (确认延期)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_extension import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which extension (延期).")
class ConfirmExtensionInput:
    """One that was proposed."""

    extension_id: strawberry.ID = strawberry.field(description="The extension (延期).")


async def confirm_extension(
    root: Session, request_id: strawberry.ID, input: ConfirmExtensionInput
) -> Outcome:
    """From now on it admits; who proposed it cannot confirm it."""
    extension = parse_id(input.extension_id, "Extension")
    return await answer_administering(root, ACT, Command(extension.uuid), request_id, extension)
