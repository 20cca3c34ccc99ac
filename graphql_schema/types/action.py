"""What may be done now, as applications and campaigns show it."""

from __future__ import annotations

import strawberry

from graphql_schema.types.obstacle import Obstacle


@strawberry.type(description="An action and whether it is open to the reader now (可办事项).")
class AvailableAction:
    """What graphql_schema/actions.py decides."""

    action: str = strawberry.field(description="Name of the action (事项).")
    name: str = strawberry.field(description="What officers call it (事项名称).")
    clause: str | None = strawberry.field(description="The clause it rests on (依据条款).")
    allowed: bool = strawberry.field(description="Whether it may be done now (可否办理).")
    obstacle: Obstacle | None = strawberry.field(description="What stands against it now (不可办理的原因).")
