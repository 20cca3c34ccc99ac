"""What the reads are measured against: a bare Starlette application with one hand-written statement a route.

It is what is left when everything of ours is taken away: no GraphQL, no token, no access log, no headers of safety, no refusals. It keeps what
no honest server could leave out: the same row-level security as the same role, the same settings of the transaction in one message, as many
connections, the same server in front. It is written to be hard to beat: text put together by `concat`, which is quicker than
`json_build_object`; sub-selects, which take the right index where joins did not; a pool that resets nothing.

    POST /one  {"tenant": 1001, "id": "…"}      POST /fifty  {"tenant": 1001}      POST /hundred  {"tenant": 1001}

Each answers the JSON that, parsed, is equal to what ours answers to the query of the same name in bench/reads.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def _stamp(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


_OPINIONS: Final = f"""(SELECT string_agg(concat('{{"id":"Opinion.', o.tenant_id, '.', o.id, '","stage":"', upper(o.stage),
      '","verdict":"', upper(o.verdict), '","text":', to_json(o.text), ',"authorId":"', o.author_id,
      '","givenAt":"', {_stamp("o.given_at")}, '","formHash":"', encode(o.form_hash, 'hex'), '"}}'), ',')
    FROM (SELECT * FROM opinions WHERE tenant_id = a.tenant_id AND application_id = a.id ORDER BY given_at, id) o)"""

_CODE: Final = """(SELECT to_json(k.code) FROM unit_codes k WHERE k.tenant_id = c.tenant_id AND k.unit_id = c.id
      AND k.valid_to IS NULL ORDER BY k.valid_from DESC LIMIT 1)"""

ONE: Final = f"""
SELECT concat('{{"data":{{"node":{{"id":"Application.', a.tenant_id, '.', a.id, '","level":"', a.level,
    '","status":"', upper(a.status), '","revision":', a.revision, ',"createdAt":"', {_stamp("a.created_at")},
    '","updatedAt":"', {_stamp("a.updated_at")}, '","opinions":[', {_OPINIONS}, ']}}}}}}')
FROM applications a WHERE a.tenant_id = $1 AND a.id = $2"""

FIFTY: Final = f"""
SELECT concat('{{"data":{{"applications":{{"edges":[', string_agg(concat(
    '{{"node":{{"id":"Application.', a.tenant_id, '.', a.id, '","level":"', a.level, '","status":"', upper(a.status),
    '","createdAt":"', {_stamp("a.created_at")}, '","community":',
    (SELECT concat('{{"id":"Unit.', c.tenant_id, '.', c.id, '","name":', to_json(c.name), ',"code":', {_CODE}, '}}')
      FROM units c WHERE c.tenant_id = a.tenant_id AND c.id = a.community_id), ',"street":',
    (SELECT concat('{{"id":"Unit.', s.tenant_id, '.', s.id, '","name":', to_json(s.name), '}}')
      FROM units s WHERE s.tenant_id = a.tenant_id AND s.id = a.street_id), ',"form":',
    (SELECT concat('{{"id":"FormVersion.', f.tenant_id, '.', f.id, '","version":', f.version,
      ',"situation":', to_json(f.situation), ',"narrative":', to_json(f.narrative),
      ',"hash":"', encode(f.hash, 'hex'), '"}}')
      FROM form_versions f WHERE f.tenant_id = a.tenant_id AND f.id = a.form_version_id),
    ',"opinions":[', {_OPINIONS}, ']}}}}'), ','), ']}}}}}}')
FROM (SELECT * FROM applications WHERE tenant_id = $1 ORDER BY created_at, id LIMIT 50) a"""

HUNDRED: Final = f"""
SELECT concat('{{"data":{{"certifications":{{"edges":[', string_agg(concat(
    '{{"node":{{"id":"Certification.', x.tenant_id, '.', x.id, '","level":"', x.level,
    '","documentNumber":', to_json(x.document_number), ',"certifiedOn":"', to_char(x.certified_on, 'YYYY-MM-DD'),
    '","community":',
    (SELECT concat('{{"id":"Unit.', c.tenant_id, '.', c.id, '","name":', to_json(c.name), ',"code":', {_CODE},
      ',"parent":', (SELECT concat('{{"name":', to_json(s.name), '}}')
        FROM units s WHERE s.tenant_id = c.tenant_id AND s.id = c.parent_id), '}}')
      FROM units c WHERE c.tenant_id = x.tenant_id AND c.id = x.community_id), ',"application":',
    (SELECT concat('{{"id":"Application.', a.tenant_id, '.', a.id, '","status":"', upper(a.status),
      '","updatedAt":"', {_stamp("a.updated_at")}, '"}}')
      FROM applications a WHERE a.tenant_id = x.tenant_id AND a.id = x.application_id), '}}}}'), ','), ']}}}}}}')
FROM (SELECT * FROM certifications WHERE tenant_id = $1 ORDER BY certified_on, id LIMIT 100) x"""

STATEMENTS: Final[Mapping[str, str]] = {"/one": ONE, "/fifty": FIFTY, "/hundred": HUNDRED}


def create_limit(url: str, connections: int, city: int) -> Starlette:
    """The application on a database of the app role; `city` is the tenant whose lists are shared."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        pool = await asyncpg.create_pool(
            url,
            min_size=connections,
            max_size=connections,
            max_cacheable_statement_size=64 * 1024,
            server_settings={"jit": "off", "timezone": "UTC"},
            reset=_keep,
        )
        async with pool:
            yield {"pool": pool}

    async def answer(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        tenant = int(asked["tenant"])
        given = (tenant, asked["id"]) if "id" in asked else (tenant,)
        async with request.state.pool.acquire() as connection:
            await connection.execute(
                f"BEGIN READ ONLY;SET LOCAL app.tenant = '{tenant}';SET LOCAL app.granted = '{{}}';"
                f"SET LOCAL app.shared = '{{{city}}}'"
            )
            body = await connection.fetchval(STATEMENTS[request.url.path], *given)
            await connection.execute("COMMIT")
        return Response(body, media_type="application/json")

    routes = [Route(path, answer, methods=["POST"]) for path in STATEMENTS]
    return Starlette(routes=routes, lifespan=lifespan)


async def _keep(_: object) -> None:
    """Nothing to reset: every setting was LOCAL."""
