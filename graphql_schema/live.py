"""A subscription's events: the present state, whenever the log has moved.

The rule upheld here: the ledger tells, wake-ups only say when to look (tenancy/waking.py). An event is a query under the watcher's
authority of that moment, compiled by the one read path; its `sequence` was read before its state, so the state holds at least all
entries up to it, and whoever comes again with `after` misses nothing. What lies between two looks is told once: a slow watcher gets
the latest state and no queue grows. What is beyond the watcher's reach is refused in the words of what does not exist.

A database that is away ends nothing: the next wake-up, at the latest the one of a connection that listens again, looks anew.

All watchers of a row share one look at the log. Events are read `AT_ONCE` at a time, so that a crowd of watchers leaves the
connections to those who act. Nothing here knows HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from certification.errors import NotFoundError
from graphql_schema.declare import find_permission
from graphql_schema.errors import CodedError, RequestError
from graphql_schema.execution import (
    BEYOND,
    Engine,
    OperationPlan,
    call_resolver,
    keep_reads,
    log_attempt,
    respond,
    select_outcome,
)
from graphql_schema.ids import format_id
from graphql_schema.readpath.access import DeniedError, check_permission
from graphql_schema.readpath.call import Call
from graphql_schema.readpath.collect import Selected
from graphql_schema.readpath.complete import Completion, UnansweredError, failure, join_object
from graphql_schema.readpath.plans import OperationLike
from graphql_schema.session import Session
from graphql_schema.topics import Topic
from tenancy.database import Scope, TenantConnection
from tenancy.waking import AWAY, Pulse, Wakes

AT_ONCE: Final = 2
_log: Final = logging.getLogger("xingji.live")


@dataclass(frozen=True, slots=True)
class _Reaching:
    """The question whether a row is in reach, for the read path."""

    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    key: bytes
    weight: int = 100


def _reaching(document: DocumentNode) -> _Reaching:
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)  # noqa: S101 - written below
    return _Reaching(definition, {}, b"reaching")


class Live:
    """The subscriptions of one process."""

    def __init__(self, engine: Engine, wakes: Wakes) -> None:
        self._engine, self._wakes = engine, wakes
        self._places = asyncio.Semaphore(AT_ONCE)
        self._reaching = _reaching(parse("query($id: ID!) { node(id: $id) { __typename } }"))

    async def subscribe(
        self,
        operation: OperationLike,
        variables: Mapping[str, Any] | None,
        open_session: Callable[[], Session],
    ) -> AsyncGenerator[bytes, None]:
        """Responses without end; close the generator to end it. `open_session` gives a session of the moment, or raises.

        Raises RequestError: nothing of this is to be watched, or no longer.
        """
        topic = await self._open(operation, variables, open_session())
        told = topic.after
        with self._wakes.follow(topic.ref.tenant) as pulse:
            pulse.kept.pop(topic.ref, None)
            while True:
                woken = pulse.woken
                last, event = None, None
                try:
                    last = await self._last(pulse, topic, open_session)
                    if last is not None and last != told:
                        event = await self._event(operation, variables, open_session, topic, last)
                except AWAY as error:
                    _log.warning("the database did not say how %s is: %s", topic.ref, error)
                if event is not None:
                    yield event
                    told = last
                await woken.wait()

    async def _open(
        self, operation: OperationLike, variables: Mapping[str, Any] | None, session: Session
    ) -> Topic:
        """What is to be watched, once it is known that this reader may. Raises RequestError."""
        call, plan, selected = self._find(operation, variables, session)
        permission = find_permission(selected.definition)
        assert permission is not None  # noqa: S101 - checked when the schema was built
        try:
            check_permission(plan.maker.reader, permission)
            topic = await call_resolver(self._engine, selected, call)
        except DeniedError as denied:
            await log_attempt(session, selected.name, "-", denied.code)
            raise RequestError([failure(denied.code, selected, (selected.key,)).error]) from denied
        except CodedError as error:
            raise RequestError([error]) from error
        assert isinstance(topic, Topic) and call.standpoint.scope is not None  # noqa: S101 - our own resolvers, signed in
        async with self._places, session.database.read(call.standpoint.scope) as tx:
            reached = await self._is_reached(tx, topic, session)
        if not reached:
            if topic.ref.tenant not in call.standpoint.own:
                await log_attempt(session, selected.name, str(topic.ref.tenant), BEYOND)
            raise _refuse()
        return topic

    def _find(
        self, operation: OperationLike, variables: Mapping[str, Any] | None, session: Session
    ) -> tuple[Call, OperationPlan, Selected]:
        call = self._engine.call(operation, variables, session)
        plan = self._engine.plan(operation, call)
        if len(plan.roots) != 1:
            raise RequestError(
                [CodedError("live.one_field", "一个订阅只能有一个字段。", "A subscription has one field.")]
            )
        return call, plan, plan.roots[0][0]

    async def _is_reached(self, tx: TenantConnection, topic: Topic, session: Session) -> bool:
        """Whether the row is there for this reader, by the read path's own rules."""
        asking = self._engine.call(self._reaching, {"id": format_id(topic.ref)}, session)
        ((selected, plan),) = self._engine.plan(self._reaching, asking).roots
        assert plan is not None  # noqa: S101 - a query's root
        return await plan.answer(tx, asking, Completion(session), (selected.key,)) != b"null"

    async def _last(self, pulse: Pulse, topic: Topic, open_session: Callable[[], Session]) -> int | None:
        """The last sequence, found once for all who watch the row since it last beat."""
        found = pulse.kept.get(topic.ref)
        if found is None:
            found = pulse.kept[topic.ref] = asyncio.ensure_future(self._look(topic, open_session()))
        last: int | None = await asyncio.shield(found)
        return last

    async def _look(self, topic: Topic, session: Session) -> int | None:
        async with self._places, session.database.read(Scope(topic.ref.tenant)) as tx:
            return await topic.find_last(tx, topic.ref.uuid)

    async def _event(
        self,
        operation: OperationLike,
        variables: Mapping[str, Any] | None,
        open_session: Callable[[], Session],
        topic: Topic,
        sequence: int,
    ) -> bytes:
        """The response that tells the state now. Raises RequestError when the row is no longer in reach."""
        async with self._places:
            session = open_session()
            call, plan, selected = self._find(operation, variables, session)
            assert call.standpoint.scope is not None  # noqa: S101 - it was there when the subscription began
            done = Completion(session)
            async with session.database.read(call.standpoint.scope) as tx:
                if not await self._is_reached(tx, topic, session):
                    raise _refuse()
                try:
                    path = (selected.key,)
                    told = await select_outcome(plan, selected, topic.tell(sequence), call, done, path, tx)
                    data = join_object([(selected.key, told)])
                except UnansweredError as unanswered:
                    done.errors.append(unanswered.error)
                    data = b"null"
            if done.reads.found:
                data = await keep_reads(data, done)
        return respond(data, done)


def _refuse() -> RequestError:
    """The refusal of what does not exist, or is beyond reach: the two are never told apart."""
    absent = NotFoundError(what="record", what_zh="记录")
    return RequestError([CodedError(absent.code, absent.zh, absent.en)])
