"""The read path against graphql-core's own executor: same data, same errors, same order of keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_leaf_type,
    visit,
)
from graphql import build_schema as build_naive
from graphql import parse as parse_document

from graphql_schema.execution import Engine
from graphql_schema.schema import build_schema, print_schema
from tests.integration.graphql_schema.conftest import Ask
from tests.integration.graphql_schema.naive import TABLES, Naive
from tests.integration.graphql_schema.world import CITY, EAST, READERS, WEST, World, uid

SDL = print_schema(build_schema())
APPLICATION = f"Application.{EAST}.{uid('application', EAST, 1, 'provincial')}"
FOREIGN = f"Application.{WEST}.{uid('application', WEST, 1, 'provincial')}"
LOST = f"Application.{WEST}.{uid('application', WEST, 4, 'provincial')}"
REVIEWED = [
    f"{type_}.{county}.{uid(*key[:1], county, *key[1:])}"
    for county in (EAST, WEST)
    for type_, *key in (
        ("ReviewCycle", "cycle"),
        ("ReviewCycle", "cycle", 2021),
        ("ReviewTeam", "team", 1),
        ("ReviewTeam", "team", 2),
        ("AnnualReview", "review"),
        ("AnnualReview", "review", 1),
        ("AnnualReview", "review", 2),
        ("AnnualReview", "review", 8),
        ("ReviewVerdict", "verdict", 0),
        ("ReviewVerdict", "verdict", 9),
        ("ReviewCorrection", "correction", 0),
        ("Draw", "draw", 0),
        ("Draw", "draw", 1),
        ("Unit", "street0"),
        ("Unit", "community0.0"),
        ("Unit", "root"),
    )
] + [
    f"{type_}.{tenant}.{uid(kind, name, tenant)}"
    for tenant in (CITY, EAST)
    for name in ("inspector", "former")
    for type_, kind in (("Inspector", "person"), ("RoleAssignment", "role"))
]
"""Ids of rows about reviews, and beside them."""

WRITTEN = {
    "scalars": "{ applications { edges { node { id level status revision filedBy createdAt updatedAt } } } }",
    "aliases and merged fields": """{ a: applications(first: 2) { edges { node { x: id id status } } }
        applications(first: 3) { edges { cursor } } applications(first: 3) { edges { node { id } cursor } totalCount } }""",
    "typenames": "{ __typename applications(first: 1) { __typename edges { __typename node { t: __typename } } "
    "pageInfo { __typename } } viewer { __typename } }",
    "a key that is longer than a name in PostgreSQL": "{ applications(first: 2) { edges { node { "
    + "k" * 80
    + ": id "
    + "k" * 79
    + "2: status } } } }",
    "keys like the statement's own rows": "{ applications(first: 2) { edges { node { r1: id r2: status concat: level } } } }",
    "more fields than a function takes": "{ applications(first: 2) { edges { node { "
    + " ".join(f"f{n}: {'revision' if n % 2 else 'status'}" for n in range(240))
    + " } } } }",
    "relations": """{ applications { edges { node { tenant { code parent { name } } community { name code parent { name } }
        campaign { code levels { level countyQuota } windows { stage opensAt } clauses { part code } }
        form { version contactName fixedPhone mobilePhone erasure { id fields ground subjectId } } formVersions { id } certification { id } } } } }""",
    "opinions": """{ applications { edges { node { opinions { stage verdict text givenAt formHash authorTenant { name }
        formVersion { id hash } } } } } }""",
    "which opinions stand, and what was found": """{ applications(first: 100) { edges { node { communityKind
        formVersions { version isCurrent justification } ending { status reason authorId endedAt }
        opinions { stage verdict stands justificationConfirmed items { id itemCode verdict note assessorId assessedAt } }
        assessments { itemCode verdict } } } } }""",
    "the standard": """{ campaigns { edges { node { a: standard(level: "provincial") { ...S } b: standard(level: "star") { ...S } } } } }
    fragment S on Standard { code version title source level passScore items { code part label wording clause decided reason points veto }
    indicators { code item label wording comparison threshold per numerator denominator unit source zero zeroReason groups { code label }
    stated clause decided reason points veto } }""",
    "figures": """{ applications(first: 100) { edges { node { figures { code group numerator denominator count holds }
    formVersions { figures { code numerator } } opinions { items { itemCode score } } } } } }""",
    "judgements": """{ applications(first: 100) { edges { node { judgement { level qualifies score passScore highest outcomes { code item
    group clause result refuses numerator denominator threshold per comparison explanation change remedy points highest veto } } } } } }""",
    "versions compared": """{ applications(first: 100) { edges { node { comparison(from: 1, to: 2) { field label personal changed
        before after segments { kind text } } same: comparison(from: 2, to: 2) { field changed }
        nothing: comparison(from: 1, to: 9) { field } } } } }""",
    "the past beside public lists": """{ publicNotices { totalCount } units(first: 100, filter: {kind: [COMMUNITY, VILLAGE]}) { edges {
        node { history { streak } } } } applications { edges { node { availableActions { action allowed } } } } }""",
    "evidence": """{ applications { edges { node { evidence { id subjectType subjectId itemCode label mediaType size
        sha256 authorId authorTenant { code } createdAt } } } } }""",
    "nested connections": """{ units(first: 3, filter: {kind: [COUNTY, STREET]}) { totalCount pageInfo { hasNextPage endCursor
        hasPreviousPage startCursor } edges { cursor node { name validFrom validTo children(first: 2) { totalCount
        pageInfo { hasNextPage endCursor } edges { node { name code parent { id } } } } } } } }""",
    "backward": "{ applications(last: 3) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
    "edges { cursor node { id } } } }",
    "orders": """{ a: applications(orderBy: {field: UPDATED_AT, direction: DESC}) { edges { cursor } }
        b: applications(last: 4, orderBy: {field: UPDATED_AT, direction: DESC}) { edges { cursor } pageInfo { endCursor } }
        c: applications(orderBy: {field: CREATED_AT}) { edges { cursor } } }""",
    "nothing on a page": "{ applications(first: 0) { edges { cursor } pageInfo { hasNextPage endCursor } totalCount } }",
    "filters": """{ a: applications(filter: {status: [SUBMITTED, DRAFT], level: "provincial"}) { totalCount edges { node { id } } }
        b: applications(filter: {status: []}) { totalCount } c: applications(filter: {level: null}) { totalCount }
        d: applications(filter: null) { totalCount } e: rosters(filter: {kind: PUBLICITY}) { edges { node { opensOn } } } }""",
    "lists of the city": """{ rosters { edges { node { kind opensOn closedAt documentNumber previous { kind } campaign { name }
        items { position verdict citedSeq citedHash application { id status } } } } } }""",
    "campaigns": "{ campaigns { edges { node { code programme programmeDigest issuedOn rosters(first: 1) { totalCount "
    "edges { node { id items { communityName } } } } } } } }",
    "lineage": """{ units(first: 100) { edges { node { lineage { kind effectiveOn predecessor { name } } predecessors { tenant { code } }
        successors { kind effectiveOn carried source tenant { code } successor { name } } } } } }""",
    "changes of divisions": """{ unitChanges { totalCount edges { node { id kind documentNumber effectiveOn reason confirmedAt declinedAt tenant { code }
        outcome { closed { unitId name code } opened { unitId parentId kind name code } altered { unitId name formerName code formerCode }
        passed { predecessorId successorId carried } leftOut } availableActions { action name clause allowed obstacle { code message clause } } } } }
        a: unitChanges(filter: {kind: MOVE}) { edges { node { kind } } } certifications { edges { node { former { id } } } } }""",
    "ledger": """{ ledgerEntries(first: 5) { totalCount edges { cursor node { id seq prev hash leaf recordedAt operation
        subjectType subjectId actorId requestId tenant { code } } } }
        applications(first: 3) { edges { node { ledgerEntries(last: 1) { totalCount edges { cursor node { seq } } } } } } }""",
    "who signed": f"""{{ ledgerEntries(filter: {{operation: "application.returned"}}) {{ edges {{ node {{ seq attestation }} }} }}
        officerKeys {{ totalCount edges {{ cursor node {{ id key endedBy home {{ code }} tenant {{ code }} }} }} }}
        a: officerKeys(last: 1, filter: {{tenantId: "Tenant.{EAST}.{EAST}"}}) {{ totalCount edges {{ node {{ certifiedAt }} }} }}
        b: officerKeys(filter: {{personId: "{uid("person", "officer", CITY)}"}}) {{ totalCount }}
        signingPolicies(filter: {{tenantId: "Tenant.{EAST}.{EAST}"}}) {{ edges {{ node {{ number operations setAt }} }} }} }}""",
    "objections": """{ objections { totalCount edges { cursor node { id status position communityName receivedAt acceptedAt
        decidedAt publicReason text name contact reason publicity { kind } application { id }
        availableActions { action name clause allowed obstacle { code message clause } } } } }
        applications { edges { node { objections { id status } } } } }""",
    "counts of a publicity": """{ rosters { edges { node { kind items { position currentName objectionCount
        publicity { daysCounted daysLeft closesOn stopped } } } } } }""",
    "public lists": """{ publicNotices { totalCount pageInfo { endCursor } edges { cursor node { noticeId campaign level batch kind
        opensOn closesOn documentNumber documentDate publicity { daysCounted daysLeft closesOn stopped }
        items { position communityName result publicity { daysCounted daysLeft closesOn stopped } } } } }
        some: publicNotices(last: 1, filter: {level: "provincial", kind: DECISION}) { edges { node { kind } } } }""",
    "draws": """{ draws { totalCount edges { cursor node { id purpose status drawnFrom reviewId size picks listValue listDigest secondParty
        revealsFirst revealBy seed result openedBy openedAt settledAt voided tenant { code } replaces { id status }
        registerList { id community { name } } parties { party commitment personId committedAt secret revealedAt defaultedAt defaults
        personTenant { code } } drawn { position number salt path outcome note authorId recordedAt authorTenant { code } } } } }
        a: draws(filter: {status: VOID, purpose: SPOT_CHECK}) { totalCount } }""",
    "register lists": """{ registerLists { totalCount edges { cursor node { id takenOn size root authorId createdAt tenant { code }
        community { name } numbers(first: 2) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { position number salt } } } } } } }""",
    "tenants": "{ tenants { edges { cursor node { id code name level origin parent { id } } } } }",
    "viewer": "{ viewer { personId name tenant { name } roles { role validFrom validTo unit { name kind } } } }",
    "certifications with a number too big": "{ certifications { edges { node { documentNumber certifiedOn citedSeq } } } }",
    "a number too big under a nullable field": "{ applications { edges { node { id certification { id citedSeq } } } } }",
    "a row missing behind a non-null field": "{ applications { edges { node { id street { name } } } } }",
    "two failures in one object": "{ applications { edges { node { a: street { name } b: street { name } } } } }",
    "a node": f'{{ node(id: "{APPLICATION}") {{ id __typename ... on Application {{ status opinions {{ text }} }} '
    "... on Unit { name } } }",
    "a node of another county": f'{{ node(id: "{FOREIGN}") {{ id }} }}',
    "a node with a row missing": f'{{ node(id: "{LOST}") {{ ... on Application {{ street {{ name }} }} }} }}',
    "nodes": f'{{ nodes(ids: ["{FOREIGN}", "{APPLICATION}", "Tenant.2.2", "{LOST}", "{APPLICATION}", "LedgerEntry.2.0", '
    f'"Unit.{EAST}.{uid("root", EAST)}"]) {{ __typename id ... on Application {{ level street {{ name }} }} '
    "... on Tenant { name } ... on LedgerEntry { seq } } }",
    "interface fragments": f'{{ node(id: "{APPLICATION}") {{ ...N ... on Node {{ i: id }} }} }} '
    "fragment N on Node { id ...A } fragment A on Application { level ...B } fragment B on Application { status }",
    "histories": """{ units(first: 100, filter: {kind: [COMMUNITY, VILLAGE, STREET]}) { edges { node { id name
        history { level applyingFor certifiedOn stands state streak firstYear legacy certifiedBy { origin sequence hash }
          years { year result legacy cite { origin sequence hash } } brokenBy { kind year } obstacle { code message clause } }
        eligibility { level eligible allowed obstacle { code message } } legacyRecords { year kind result tenant { code } } } } } }""",
    "histories of other days, as was known then": """{ units(first: 100, filter: {kind: [COMMUNITY]}) { edges { node {
        a: history(on: "2022-05-02") { streak stands state brokenBy { kind cite { sequence } } years { year first } }
        b: history(on: "2026-01-01") { streak firstYear obstacle { message } }
        c: history(knownAt: "2022-04-25T01:02:03.456789Z") { certifiedOn } } } } }""",
    "standings": """{ standings { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { level certifiedOn state stateOn
        validFrom validTo legacy tenant { code } community { name } certifiedBy { origin sequence hash } stands streak firstYear
        years { year first result legacy cite { sequence } } brokenBy { kind year cite { sequence } } eligibleFor eligible reason
        obstacle { code message clause } } } }
        a: standings(filter: {eligible: true}) { totalCount edges { node { eligible } } }
        b: standings(filter: {eligible: false, level: "provincial"}) { totalCount edges { node { reason community { name } } } }
        c: standings(filter: {onDay: "2022-03-01"}) { totalCount edges { cursor node { state stands streak } } }
        d: standings(first: 1, filter: {onDay: "2026-03-01", eligible: false}) { totalCount edges { node { reason streak } } }
        campaigns { edges { node { a: standingCounts(level: "star") { reason number } b: standingCounts(level: "provincial") { reason number } } } } }""",
    "who held it": """{ a: certifiedOn(level: "provincial", on: "2022-05-05") { totalCount edges { cursor node { name certifiedOn state
        certifiedBy { origin sequence hash } tenant { code } community { id } } } }
        b: certifiedOn(level: "provincial", on: "2018-11-30") { totalCount }
        c: certifiedOn(level: "star", on: "2026-01-01", first: 1) { totalCount edges { node { name } } pageInfo { hasNextPage } }
        d: certifiedOn(level: "provincial", on: "2022-05-05", knownAt: "2022-04-25T01:02:08Z") { totalCount edges { node { name } } } }""",
    "what rests on legacy": """{ applications(first: 100) { edges { node { level restsOnLegacy history { streak obstacle { message } }
        formVersions { certifiedOn certifiedBy { origin sequence hash } reviews { year result legacy cite { origin sequence hash } } } } } } }""",
    "certifications and their changes": """{ certifications { edges { node { level legacy state stateDocument stateOn
        legacyRecord { id documentSha256 community { name } attestedTenant { code } } application { id } } } }
        certificationChanges { edges { node { kind documentDate confirmedAt declinedBy declinedAt declineReason county { code } certification { id state } } } }
        legacyRecords(filter: {kind: ANNUAL_REVIEW}) { totalCount edges { node { year result attestedAt declinedAt } } } }""",
    "stories": """{ units(first: 100) { edges { node { name story(first: 3) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
        kind operation recordedAt summary actor { role origin } outcome { stage verdict result status level year }
        receipt { origin sequence hash } subjectType subjectId application { id status } certification { id } review { id }
        legacyRecord { id } } } } opinions: story(filter: {kind: [ENDORSEMENT, REVIEW]}) { totalCount }
        none: story(filter: {kind: []}) { totalCount } filed: story(filter: {operation: ["application.filed"], before: "2022-04-25T01:02:30Z"}) {
        totalCount } late: story(filter: {since: "2022-04-25T01:02:13.5Z"}, last: 2) { totalCount edges { node { recordedAt } } } } } } }""",
    "deadlines": """{ campaigns { edges { node { a: deadlines(level: "provincial") { code name opensAt closesAt lastDay workingDaysLeft
        overdue extended obstacle { code } } b: deadlines(level: "star") { code lastDay workingDaysLeft }
        c: publicityPlan { opensOn } d: publicityPlan(level: "star") { opensOn counted reportFrom }
        e: availableActions(level: "provincial") { action allowed obstacle { code message } } f: availableActions(level: "star") {
        action name clause allowed obstacle { code message clause } } } } }
        applications(first: 100) { edges { node { status deadline { code closesAt lastDay workingDaysLeft extended } } } } }""",
    "side by side": """{ campaigns { edges { node { a: comparison(level: "provincial") { applicationId communityName status position score
        verdict stages { stage meets doesNotMeet notApplicable notes } } b: comparison(level: "star") { communityName stages { stage } } } } } }""",
    "arrangements": """{ extensions { totalCount edges { cursor node { id stage level closesAt reason proposedBy proposedAt confirmedBy
        confirmedAt declinedBy declinedAt tenant { name } campaign { code } beneficiary { name } community { name } } } }
        calendarYears { edges { node { id year documentNumber title complete reason revision setBy setAt tenant { name }
        days { day working name setBy setAt } } } } campaigns { edges { node { extensions(first: 2) { edges { node { id } } } } } } }""",
    "what may be done with erasures": "{ erasures { edges { node { reference fields availableActions { action name clause allowed obstacle { code message clause } } } } } }",
    "what may be done with cycles": "{ reviewCycles { edges { node { year availableActions { action name clause allowed obstacle { code message clause } } } } } }",
    "cycles of reviews": f"""{{ reviewCycles {{ totalCount edges {{ cursor node {{ year status lastly: closesOn campaign {{ code }} plannedTenant {{ code }}
        teams {{ number name members {{ personId barred tenant {{ code }} inspector {{ id name tenant {{ code }} }} }} }}
        progress {{ overdue total planned }} byTeam {{ teamId name progress {{ assigned overdue total }} }}
        reviews(last: 2, filter: {{level: "provincial"}}) {{ totalCount edges {{ cursor node {{ id overdue }} }} }} }} }} }}
        a: reviewCycles(filter: {{year: 2021, tenantId: "Tenant.{EAST}.{EAST}"}}) {{ totalCount }}
        b: reviewCycles(filter: {{status: ASSIGNED}}) {{ edges {{ node {{ year }} }} }} inspectors {{ totalCount edges {{ node {{ id name }} }} }} }}""",
    "annual reviews": f"""{{ annualReviews(first: 100) {{ totalCount edges {{ cursor node {{ id status lastDay overdue certifiedOn result certification {{ id }}
        community {{ name parent {{ name }} tenant {{ code }} }} street {{ name code }} team {{ number members {{ personId }} }} cycle {{ year name }}
        verdicts {{ stage verdict clauses dueOn authorTenant {{ code }} }} findings {{ key value round }}
        conflicts {{ key sides {{ observationId value }} }} judgement {{ qualifies outcomes {{ code result }} }} missingPhotos {{ sha256 caption }}
        observations(first: 3, filter: {{round: 1, key: ["item:1.1", "figure:staff"]}}) {{ totalCount pageInfo {{ endCursor }} edges {{ cursor node {{
        key value supersedes authorTenant {{ code }} }} }} }} evidence {{ label receivedSha256 }}
        availableActions {{ action allowed obstacle {{ code message }} }} }} }} }}
        a: annualReviews(filter: {{status: [ASSIGNED, RECTIFYING], year: 2022}}) {{ totalCount edges {{ node {{ status }} }} }}
        b: annualReviews(filter: {{teamId: "ReviewTeam.{EAST}.{uid("team", EAST, 1)}"}}) {{ totalCount }}
        c: annualReviews(filter: {{cycleId: "ReviewCycle.{WEST}.{uid("cycle", WEST)}"}}) {{ totalCount }}
        d: annualReviews(filter: {{communityId: "Unit.{EAST}.{uid("community0.0", EAST)}"}}) {{ totalCount }}
        e: annualReviews(filter: {{streetId: "Unit.{EAST}.{uid("street1", EAST)}", level: "star"}}) {{ totalCount }}
        f: reviewCorrections(filter: {{year: 2021, level: "provincial"}}) {{ totalCount }} reviewDay {{ id lastDay }} }}""",
    "reviews by id": f"""{{ nodes(ids: [{", ".join(f'"{id_}"' for id_ in REVIEWED)}]) {{ __typename id ... on AnnualReview {{ status }} }} }}""",
    "computed": "{ applications(first: 100) { edges { node { id availableActions { action name clause allowed obstacle { code message clause } } status } } } }",
}


def agree(ours: dict[str, Any], naive: dict[str, Any]) -> None:
    """The same text of data, so the same order; the same messages and paths, in order."""
    errors = [(error["message"], error["path"]) for error in ours.get("errors", [])]
    assert errors == naive["errors"]
    assert json.dumps(ours["data"], ensure_ascii=False) == json.dumps(naive["data"], ensure_ascii=False)


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("what", WRITTEN)
async def test_answers_agree_on_written_queries(what: str, who: str, ask: Ask, world: World) -> None:
    reader = READERS[who]
    agree(await ask(WRITTEN[what], reader), Naive(SDL, world, reader).ask(WRITTEN[what]))


VARIABLE = """query($n: Int = 2, $skip: Boolean!, $status: [ApplicationStatus!], $level: Level, $one: ApplicationStatus! = DRAFT) {
    a: applications(first: $n, filter: {status: $status, level: $level}) { edges { node { id status @skip(if: $skip)
      ... @include(if: $skip) { level revision } } } }
    b: applications(filter: {status: [SUBMITTED, $one]}) @skip(if: $skip) { totalCount } }"""


@pytest.mark.parametrize(
    "variables",
    [
        {"skip": True},
        {"skip": False},
        {"skip": False, "n": None},
        {"skip": False, "n": 5, "status": ["SUBMITTED"]},
        {"skip": False, "n": 5, "status": ["SUBMITTED", "STREET_ENDORSED"], "level": None},
        {"skip": True, "n": 1, "status": None, "level": "star", "one": "WITHDRAWN"},
    ],
    ids=str,
)
async def test_answers_agree_on_variables(variables: dict[str, Any], ask: Ask, world: World) -> None:
    reader = READERS["city officer"]
    for _ in range(2):
        agree(
            await ask(VARIABLE, reader, variables), Naive(SDL, world, reader).ask(VARIABLE, dict(variables))
        )


DAYS = """query($on: Date!, $known: DateTime, $ok: Boolean) {
    certifiedOn(level: "provincial", on: $on, knownAt: $known) { totalCount edges { node { name state certifiedOn } } }
    standings(filter: {onDay: $on, eligible: $ok}) { totalCount edges { node { streak reason } } }
    units(first: 100, filter: {kind: [COMMUNITY]}) { edges { node { history(on: $on, knownAt: $known) { streak stands } } } } }"""


@pytest.mark.parametrize(
    "variables",
    [
        {"on": "2022-05-05"},
        {"on": "2026-05-05", "known": None, "ok": None},
        {"on": "2026-05-05", "known": "2022-04-25T01:02:08Z", "ok": False},
    ],
    ids=str,
)
async def test_answers_agree_on_days_in_variables(variables: dict[str, Any], ask: Ask, world: World) -> None:
    reader = READERS["city officer"]
    agree(await ask(DAYS, reader, variables), Naive(SDL, world, reader).ask(DAYS, dict(variables)))


ARGUMENT = """query($l: Level, $m: Level!) { campaigns { edges { node { a: publicityPlan(level: $l) { opensOn } b: publicityPlan {
    opensOn } c: deadlines(level: $m) { lastDay } d: publicityPlan(level: "star") { opensOn } } } } }"""


@pytest.mark.parametrize(
    "variables", [{"m": "star"}, {"m": "star", "l": None}, {"m": "provincial", "l": "star"}], ids=str
)
async def test_answers_agree_on_arguments_of_computed_fields(
    variables: dict[str, Any], ask: Ask, world: World
) -> None:
    reader = READERS["county officer"]
    for _ in range(2):
        agree(
            await ask(ARGUMENT, reader, variables), Naive(SDL, world, reader).ask(ARGUMENT, dict(variables))
        )


ALIASES = """query($n: Int!, $m: Int!) { units(first: 9, filter: {kind: [COUNTY, STREET]}) { edges { node {
    a: children(first: $n) { edges { node { name } } } b: children(first: $m) { edges { node { name } } }
    c: children(first: $n) { edges { node { name } } } } } }
    applications(first: 100) { edges { node { a: comparison(from: $n, to: $m) { before after }
    b: comparison(from: $m, to: $n) { before after } c: comparison(from: $n, to: $n) { before after } } } } }"""


async def test_variables_of_fields_beside_each_other_are_kept_apart(ask: Ask, world: World) -> None:
    reader, variables = READERS["city officer"], {"n": 1, "m": 2}
    agree(await ask(ALIASES, reader, variables), Naive(SDL, world, reader).ask(ALIASES, variables))


APART = {"node", "nodes", "objectionStatus", "ledgerConsistency", "accessLog"}
"""Roots that are asked by themselves: by id, above; by a code, whose tries are counted; by sizes (api/test_logs.py); what every other question writes to."""
QUERY = build_naive(SDL).query_type
assert QUERY is not None
ROOTS = tuple(sorted(QUERY.fields.keys() - APART))
DAY = 'on: "2022-05-05"'


def arguments_of(definition: GraphQLField) -> str:
    """What a field must be given, with a little of what it may be."""
    known = {"level": 'level: "provincial"', "on": DAY, "from": "from: 1", "to": "to: 2", "first": "first: 3"}
    chosen = [known[name] for name in definition.args if name in known]
    return f"({', '.join(chosen)})" if chosen else ""


def whole(type_: Any, above: int = 0) -> str:
    """Every field of a type with so many rows above it; of rows within another row what they say themselves."""
    depth = above + (type_.name in TABLES)
    parts = []
    for name, definition in type_.fields.items():
        named: Any = get_named_type(definition.type)
        if is_leaf_type(named):
            parts.append(name)
        elif depth < 2:
            parts.append(f"{name}{arguments_of(definition)} {{ {whole(named, depth)} }}")
    return " ".join(parts) or "__typename"


def ask_whole(root: str) -> str:
    definition = QUERY.fields[root]
    return f"{{ {root}{arguments_of(definition)} {{ {whole(get_named_type(definition.type))} }} }}"


WHOLE = {root: ask_whole(root) for root in ROOTS}


@pytest.mark.parametrize("root", ROOTS)
async def test_answers_agree_on_all_that_a_root_shows(root: str, ask: Ask, world: World) -> None:
    """A type or a field that the naive executor does not know fails here."""
    for who in ("city officer", "auditor", "inspector", "clerk"):
        agree(await ask(WHOLE[root], READERS[who]), Naive(SDL, world, READERS[who]).ask(WHOLE[root]))


def test_every_field_is_asked_somewhere() -> None:
    """Of every type that a question reaches."""
    schema = build_naive(SDL)
    asked: set[tuple[str, str]] = set()
    for document in (*WRITTEN.values(), *WHOLE.values()):
        info = TypeInfo(schema)

        class Fields(Visitor):
            def enter_field(self, node: FieldNode, *_: Any, info: TypeInfo = info) -> None:
                parent = info.get_parent_type()
                assert parent is not None
                asked.add((parent.name, node.name.value))

        visit(parse_document(document), TypeInfoVisitor(info, Fields()))
    there = {(name, field) for name in reached(schema) for field in schema.type_map[name].fields}
    alone = {("Query", name) for name in APART}
    assert (
        sorted(
            pair
            for pair in there - asked - alone
            if pair[0] not in ("AccessRecord", "ObjectionProgress", "LedgerConsistency")
        )
        == []
    )


def reached(schema: GraphQLSchema) -> set[str]:
    """Types of rows and values that a question may come to."""
    found, waiting = set[str](), [schema.query_type]
    while waiting:
        type_ = waiting.pop()
        if type_.name in found:
            continue
        found.add(type_.name)
        for definition in type_.fields.values():
            named = get_named_type(definition.type)
            if isinstance(named, GraphQLInterfaceType):
                waiting += schema.get_possible_types(named)
            elif isinstance(named, GraphQLObjectType):
                waiting.append(named)
    return {name for name in found if not name.endswith(("Connection", "Edge")) and name != "PageInfo"}


ENGINE_SCHEMA = Engine(build_schema()).schema
