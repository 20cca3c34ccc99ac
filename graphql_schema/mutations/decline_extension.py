"""`declineExtension`: an officer of the city declines an extension (否决延期)."""

from __future__ import annotations

import strawberry

from certification.acts.decline_extension import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which extension (延期).")
class DeclineExtensionInput:
    """One that was proposed."""

    extension_id: strawberry.ID = strawberry.field(description="The extension (延期).")


async def decline_extension(
    root: Session, request_id: strawberry.ID, input: DeclineExtensionInput
) -> Outcome:
    """It will never admit; who proposed it may take it back so."""
    extension = parse_id(input.extension_id, "Extension")
    return await answer_administering(root, ACT, Command(extension.uuid), request_id, extension)
