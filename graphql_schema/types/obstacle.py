"""What stands against something, as it is shown before anybody tries."""

from __future__ import annotations

import strawberry


@strawberry.type(description="What stands against an action or a plan now (不可办理的原因).")
class Obstacle:
    """The refusal that would be met."""

    code: str = strawberry.field(description="Stable code for programs.")
    message: str = strawberry.field(description="The reason in the language that was asked for (原因).")
    clause: str | None = strawberry.field(description="The place in the notice or programme (依据).")
