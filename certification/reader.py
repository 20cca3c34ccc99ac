"""Reading a programme: from a TOML file that is delivered, or from the canonical JSON that a campaign stores.

The rule upheld here: nothing is taken for granted. Unknown keys, wrong types, a rule with neither clause nor reason and
a table that does not hold together (certification/shape.py) are refused by ProgrammeRefusedError. Both ways give the
same value: `parse_stored(programme.canonical.decode()) == programme`, and decisions use that one, never the file
(ADR 0009).
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audit.canonical import encode
from audit.errors import NotCanonicalError
from certification.errors import ProgrammeUnreadableError
from certification.grounds import each as _each
from certification.grounds import parse_ground as _ground
from certification.model import (
    ItemVerdict,
    ObjectionStatus,
    ReviewResult,
    RosterKind,
    Stage,
    Status,
    Verdict,
)
from certification.programme import (
    AttachRule,
    Document,
    EvidenceRule,
    FiguresRule,
    Form,
    FormField,
    Ground,
    HistoryRule,
    IssuedDocument,
    LevelRule,
    ObjectionStep,
    Programme,
    PublicityRule,
    Requirement,
    RosterStep,
    Setting,
    Step,
    Window,
)
from certification.reviews.model import ReviewStage, ReviewStatus, ReviewVerdictKind
from certification.reviews.rule import ReviewRule, ReviewStep
from certification.shape import check_shape
from certification.shelf import PROGRAMMES, Shelf
from certification.standard_reader import inline_standard, parse_standard
from certification.strict import Reader, reading

T = TypeVar("T")

ROLES = ("community_clerk", "street_officer", "county_officer", "city_officer")
SEPARABLE = ("filing", "street", "county", "city", "site_visit")
KINDS = ("community", "village")
CHECKED = ("file_application", "submit", "county_recommend", "city_agree")
BACK = "back"
BOTH = "both"
UNSAID = Ground(None, True, "The programme was stored before this was asked of programmes.")
MOST_FILES = 100
"""What the API shows of one application's evidence as a list."""
DELIVERED_ALONE = Shelf()


def load_programme(code: str, shelf: Shelf = DELIVERED_ALONE) -> Programme:
    """The programme of that code on the shelf; its file bears its code. Raises ProgrammeRefusedError, also when there is none."""
    programme = parse_toml(shelf.read(PROGRAMMES, code), shelf)
    if programme.code != code:
        Reader({}, PROGRAMMES.name).refuse(f"the file {code}.toml holds the programme {programme.code}")
    return programme


def parse_toml(text: str, shelf: Shelf = DELIVERED_ALONE) -> Programme:
    """A programme from TOML. Raises ProgrammeRefusedError."""
    return parse_programme(read_toml(text, shelf))


def read_toml(text: str, shelf: Shelf = DELIVERED_ALONE) -> dict[str, Any]:
    """The JSON values of a programme in TOML, with the standard that it names. Raises ProgrammeRefusedError."""
    data = _parse_toml(text, "file")
    found: dict[str, Any] = plain(inline_standard(_on_its_base(data, shelf), shelf))
    return found


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeUnreadableError(where=where, reason=str(error)) from error


def _on_its_base(data: dict[str, Any], shelf: Shelf) -> dict[str, Any]:
    """A programme `based_on` another says what is different: each of its tables takes the place of the other's of that name.

    One step only: what is based on something is no base. Campaigns store the whole.
    """
    base = data.pop("based_on", None)
    if base is None:
        return data
    if not isinstance(base, str):
        raise ProgrammeUnreadableError(where="file", reason="based_on is no code of a programme")
    found = _parse_toml(shelf.read(PROGRAMMES, base), base)
    if "based_on" in found:
        raise ProgrammeUnreadableError(where="file", reason=f"{base} is based on another programme itself")
    return {**found, **data}


@lru_cache(maxsize=64)
def parse_stored(canonical: str) -> Programme:
    """A programme from its stored canonical JSON; cached by content. Raises ProgrammeRefusedError."""
    programme = parse_programme(json.loads(canonical))
    if programme.canonical != canonical.encode():
        Reader({}, "stored programme").refuse("is not canonical")
    return programme


def parse_programme(data: Mapping[str, Any]) -> Programme:
    """A programme from plain JSON values. Raises ProgrammeRefusedError."""
    try:
        canonical = encode(data)
    except NotCanonicalError as error:
        Reader({}, "programme").refuse(error.en.format(**error.details))
    with reading(data, "programme") as root:
        if root.natural("schema") != 1:
            root.refuse("schema is not 1")
        programme = _programme(root, canonical)
    check_shape(programme)
    return programme


def _programme(root: Reader, canonical: bytes) -> Programme:
    levels = _keyed(root, "levels", _level, lambda one: one.code)
    names = tuple(levels)
    with reading(root.take("scope", dict), "scope") as scope:
        kinds = _setting_texts(scope, "kinds", KINDS)
        justified = _setting_texts(scope, "justified", kinds.value)
    with reading(root.take("narrative", dict), "narrative") as narrative:
        limit = _setting(narrative, "limit", int)
        if _setting(narrative, "counting", str).value != "cjk-1-run-1":
            narrative.refuse("counting is none that is known")
    with reading(root.take("separation", dict), "separation") as separation:
        stages = _setting_texts(separation, "stages", SEPARABLE)
    with reading(root.take("places", dict), "places") as places:
        county = _setting_texts(places, "county", tuple(Status))
        city = _setting_texts(places, "city", tuple(Status))
    with reading(root.take("ranking", dict), "ranking") as ranking:
        complete, in_order = _setting(ranking, "complete", bool), _setting(ranking, "in_order", bool)
        highest = _later_setting(ranking, "highest_score", 1000)
        argued = _later_setting(ranking, "ties_argued", True)
    with reading(root.find("extensions", dict) or {}, "extensions") as late:
        longest = _later_setting(late, "longest_days", 366)
    returned_anew, assessed = _returns(root), _assessment(root)
    with reading(root.take("statuses", dict), "statuses") as statuses:
        initial = statuses.one_of("initial", tuple(Status))
        final = statuses.texts("final", tuple(Status), 1)
    return Programme(
        code=root.text("code"),
        name=root.text("name"),
        tenant_code=root.text("tenant_code"),
        time_zone=_zone(root),
        document=_document(root),
        legal_basis=_legal_basis(root),
        levels=levels,
        scope=kinds,
        justified=justified,
        windows=_keyed(root, "windows", _window, lambda one: one.stage),
        publicity=_publicity(root),
        narrative_limit=limit,
        separation=stages,
        holds_county_place=county,
        holds_city_place=city,
        ranking_complete=complete,
        ranking_in_order=in_order,
        history=_history(root),
        ranking_highest_score=highest,
        ranking_ties_argued=argued,
        extension_days=longest,
        returned_anew=returned_anew,
        assessed_stages=assessed[0],
        assessed_parts=assessed[1],
        forms=_keyed(root, "forms", _form, lambda one: one.code),
        initial=initial,
        final=final,
        life=tuple(chain.from_iterable(_each(root, "life", lambda row: _steps(row, names)))),
        round=_each(root, "round", _roster_step),
        edition=parse_standard(root, names),
        evidence=_evidence(root),
        canonical=canonical,
        digest=hashlib.sha256(canonical).digest(),
        objections=_each(root, "objections", _objection_step) if root.holds("objections") else (),
        reviews=_reviews(root),
        figures=_figures(root),
    )


def parse_publicity(rule: Mapping[str, object]) -> PublicityRule:
    """The rule of publicities out of a stored programme. Raises ProgrammeRefusedError."""
    with reading({"publicity": rule}, "programme") as root:
        return _publicity(root)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a level asks for: its code and name, the name of the level that must be held, and how histories are read."""

    level: str
    name: str
    held_name: str
    requires: Requirement
    history: HistoryRule


def parse_asking(found: Mapping[str, Any]) -> Asking:
    """What a level of a stored programme asks for, as certification/eligible.py cuts it out. Raises ProgrammeRefusedError."""
    with reading(found["requires"], "requires") as row:
        requires = _requirement(row)
    history = found["history"]
    with reading({} if history is None else {"history": history}, "programme") as root:
        return Asking(found["level"], found["name"], found["held_name"], requires, _history(root))


def parse_objections(rows: Sequence[object]) -> tuple[ObjectionStep, ...]:
    """The life of objections out of a stored programme. Raises ProgrammeRefusedError."""
    with reading({"objections": list(rows)}, "programme") as root:
        return _each(root, "objections", _objection_step)


def plain(value: Any) -> Any:
    """TOML values as JSON values: dates and times as text, times in UTC so that one instant has one spelling."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _keyed(root: Reader, key: str, parse: Callable[[Reader], T], name: Callable[[T], str]) -> dict[str, T]:
    found: dict[str, T] = {}
    for one in _each(root, key, parse):
        if name(one) in found:
            root.refuse(f"{key} has {name(one)} twice")
        found[name(one)] = one
    return found


def _setting(row: Reader, key: str, kind: type[T]) -> Setting[T]:
    with reading(row.take(key, dict), f"{row.where}.{key}") as found:
        value = found.take("value", kind)
        if isinstance(value, int) and value < 0:
            found.refuse("value is negative")
        return Setting(value, _ground(found))


def _later_setting(row: Reader, key: str, unsaid: T) -> Setting[T]:
    """A setting that programmes stored before it was thought of do not hold: for them it is `unsaid`."""
    if row.holds(key):
        return _setting(row, key, type(unsaid))
    return Setting(unsaid, Ground(None, True, "The programme was stored before this could be said."))


def _setting_texts(row: Reader, key: str, values: tuple[str, ...]) -> Setting[tuple[str, ...]]:
    with reading(row.take(key, dict), f"{row.where}.{key}") as found:
        return Setting(found.texts("value", values), _ground(found))


def _setting_codes(row: Reader, key: str) -> Setting[tuple[str, ...]]:
    with reading(row.take(key, dict), f"{row.where}.{key}") as found:
        return Setting(found.codes("value"), _ground(found))


def _county_quota(row: Reader) -> Setting[int | None]:
    with reading(row.take("county_quota", dict), f"{row.where}.county_quota") as found:
        value = found.find("value", int)
        ground = _ground(found)
        if (value is None and not ground.decided) or (value is not None and value < 0):
            found.refuse("no number is a decision, and a number is not negative")
        return Setting(value, ground)


def _history(root: Reader) -> HistoryRule:
    """A programme of before histories were kept says nothing of them; nobody has applied under it where one is asked for."""
    found = root.find("history", dict)
    if found is None:
        ground = Ground(None, True, "The programme is older than what is recorded of histories.")
        return HistoryRule(
            Setting(CHECKED, ground),
            Setting(True, ground),
            Setting(False, ground),
            Setting(True, ground),
            Setting(1, ground),
        )
    with reading(found, "history") as row:
        with reading(row.take("checked", dict), "history.checked") as checked:
            actions = Setting(checked.texts("value", least=1), _ground(checked))
        return HistoryRule(
            actions,
            _setting(row, "rectified_counts", bool),
            _setting(row, "suspended_stands", bool),
            _later_setting(row, "certified_again", True),
            _later_setting(row, "cycle_years", 1),
        )


def _zone(root: Reader) -> str:
    name = root.text("time_zone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        root.refuse("time_zone is unknown")
    return name


def _document(root: Reader) -> IssuedDocument:
    with reading(root.take("document", dict), "document") as row:
        return IssuedDocument(row.text("number"), row.text("title"), row.text("issuer"), row.day("issued_on"))


def _legal_basis(root: Reader) -> Document:
    with reading(root.take("legal_basis", dict), "legal_basis") as row:
        return Document(row.text("number"), row.text("title"))


def _level(row: Reader) -> LevelRule:
    requires = None
    found = row.find("requires", dict)
    if found is not None:
        with reading(found, f"{row.where}.requires") as asked:
            requires = _requirement(asked)
    name = row.text("name")
    return LevelRule(
        code=row.code("code"),
        name=name,
        short=row.find_text("short") or name,
        batch=row.natural("batch", 1),
        form=row.text("form"),
        city_quota=_setting(row, "city_quota", int),
        county_quota=_county_quota(row),
        requires=requires,
        lost=_lost(row, requires),
    )


def _requirement(asked: Reader) -> Requirement:
    return Requirement(asked.code("certified"), asked.natural("annual_passes", 1), _ground(asked))


def _lost(row: Reader, requires: Requirement | None) -> Setting[str]:
    if requires is None and row.holds("lost"):
        row.refuse("lost is for a level that asks for another")
    lost = _later_setting(row, "lost", BACK)
    if lost.value not in (BACK, BOTH):
        row.refuse(f"lost is none of {BACK}, {BOTH}")
    return lost


def _window(row: Reader) -> Window:
    window = Window(
        row.text("stage"), row.text("name"), row.instant("opens_at"), row.instant("closes_at"), _ground(row)
    )
    if window.opens_at >= window.closes_at:
        row.refuse("closes before it opens")
    return window


def _publicity(root: Reader) -> PublicityRule:
    with reading(root.take("publicity", dict), "publicity") as row:
        return PublicityRule(
            window=row.text("window"),
            working_days=_setting(row, "working_days", int),
            starts_on_working_day=_setting(row, "starts_on_working_day", bool),
            first_day_counts=_setting(row, "first_day_counts", bool),
            days_to_report=_setting(row, "days_to_report", int),
            upheld=row.find_text("upheld"),
        )


def _form(row: Reader) -> Form:
    fields = _keyed(row, "fields", _form_field, lambda one: one.code)
    return Form(
        row.text("code"),
        row.text("name"),
        tuple(fields.values()),
        _setting(row, "situation_limit", int),
        _ground(row),
    )


def _form_field(row: Reader) -> FormField:
    return FormField(
        code=row.text("code"),
        label=row.text("label"),
        source=row.one_of("source", ("typed", "ledger")),
        personal=row.find("personal", bool) or False,
    )


def _returns(root: Reader) -> Setting[bool]:
    """Programmes that were stored before there were returns say nothing of them."""
    found = root.find("returns", dict)
    if found is None:
        return Setting(False, UNSAID)
    with reading(found, "returns") as row:
        return _setting(row, "new_version", bool)


def _assessment(root: Reader) -> tuple[Setting[tuple[str, ...]], Setting[tuple[str, ...]]]:
    """Likewise for the verdicts on items of the standard."""
    found = root.find("assessment", dict)
    if found is None:
        return Setting((), UNSAID), Setting((), UNSAID)
    with reading(found, "assessment") as row:
        return _setting_texts(row, "stages", tuple(Stage)), _setting_codes(row, "parts")


def _figures(root: Reader) -> FiguresRule | None:
    """Likewise for what communities state."""
    found = root.find("figures", dict)
    if found is None:
        return None
    with reading(found, "figures") as row:
        actions = []
        for key in ("stated", "qualifying"):
            with reading(row.take(key, dict), f"figures.{key}") as said:
                actions.append(Setting(said.texts("value"), _ground(said)))
        return FiguresRule(*actions)


def _steps(row: Reader, levels: tuple[str, ...]) -> tuple[Step, ...]:
    """A row's steps: one for each status that it starts from."""
    starts = row.some_of("from", tuple(Status)) if row.holds("from") else (None,)
    step = _step(row, levels)
    return tuple(replace(step, start=start) for start in starts)


def _step(row: Reader, levels: tuple[str, ...]) -> Step:
    stage = row.one_of("stage", tuple(Stage)) if row.holds("stage") else None
    verdict = row.one_of("verdict", tuple(Verdict)) if row.holds("verdict") else None
    if (stage is None) != (verdict is None):
        row.refuse("a stage has a verdict, and a verdict a stage")
    return Step(
        action=row.text("action"),
        name=row.text("name"),
        start=None,
        to=row.one_of("to", tuple(Status)),
        role=row.one_of("role", ROLES),
        window=row.find_text("window"),
        stage=stage,
        verdict=verdict,
        levels=row.texts("levels", levels, 1) if row.holds("levels") else levels,
        by_roster=row.find("by_roster", bool) or False,
        ground=_ground(row),
        after=row.find_text("after"),
    )


def _roster_step(row: Reader) -> RosterStep:
    verdicts = row.texts("verdicts", tuple(ItemVerdict)) if row.holds("verdicts") else ()
    follows: dict[str, str] = {}
    found = row.find("follows", dict)
    if found is not None:
        with reading(found, f"{row.where}.follows") as pairs:
            follows = {verdict: pairs.text(verdict) for verdict in verdicts if pairs.holds(verdict)}
    makes = row.one_of("makes", tuple(RosterKind)) if row.holds("makes") else None
    if (makes is None) != (not verdicts):
        row.refuse("what makes a list has verdicts, and only that")
    if follows and set(follows) != set(verdicts):
        row.refuse("a step follows each verdict, or none")
    return RosterStep(
        action=row.text("action"),
        name=row.text("name"),
        rests_on=row.one_of("rests_on", tuple(RosterKind)) if row.holds("rests_on") else None,
        makes=makes,
        again=row.find("again", bool) or False,
        of=row.one_of("of", tuple(Status)) if row.holds("of") else None,
        verdicts=verdicts,
        follows=follows,
        role=row.one_of("role", ROLES),
        window=row.find_text("window"),
        ground=_ground(row),
        corrects=row.find("corrects", bool) or False,
    )


def _objection_step(row: Reader) -> ObjectionStep:
    return ObjectionStep(
        action=row.text("action"),
        name=row.text("name"),
        start=row.one_of("from", tuple(ObjectionStatus)) if row.holds("from") else None,
        to=row.one_of("to", tuple(ObjectionStatus)),
        role=row.one_of("role", ("public", *ROLES)),
        ground=_ground(row),
    )


def _evidence(root: Reader) -> EvidenceRule | None:
    """A programme that says nothing of evidence takes none: campaigns opened before there was any."""
    found = root.find("evidence", dict)
    if found is None:
        return None
    with reading(found, "evidence") as row:
        files = _setting(row, "files", int)
        if files.value > MOST_FILES:
            row.refuse(f"files is above {MOST_FILES}")
        return EvidenceRule(files, _each(row, "attach", _attach_rule))


def _attach_rule(row: Reader) -> AttachRule:
    return AttachRule(row.one_of("role", ROLES), row.texts("statuses", tuple(Status), 1), _ground(row))


def _reviews(root: Reader) -> ReviewRule | None:
    """A programme that says nothing of annual reviews plans none."""
    found = root.find("reviews", dict)
    if found is None:
        return None
    with reading(found, "reviews") as row:
        return ReviewRule(
            planners=_setting_texts(row, "planners", ROLES),
            apart=_setting(row, "apart", bool),
            team_members=_setting(row, "team_members", int),
            reveal_hours=_setting(row, "reveal_hours", int),
            rectify_days=_setting(row, "rectify_days", int),
            recheck_days=_setting(row, "recheck_days", int),
            separation=_setting_texts(row, "separation", tuple(ReviewStage)),
            parts=_setting_codes(row, "parts"),
            counts_below=_setting(row, "counts_below", bool),
            complete=_setting_texts(row, "complete", tuple(ReviewVerdictKind)),
            carries=_setting(row, "carries", bool),
            fails_unmet=_setting(row, "fails_unmet", bool),
            skew_minutes=_setting(row, "skew_minutes", int),
            life=tuple(chain.from_iterable(_each(row, "life", _review_steps))),
        )


def _review_steps(row: Reader) -> tuple[ReviewStep, ...]:
    """A row's steps: one for each status that it starts from."""
    starts = row.some_of("from", tuple(ReviewStatus)) if row.holds("from") else (None,)
    step = ReviewStep(
        action=row.text("action"),
        name=row.text("name"),
        start=None,
        to=row.one_of("to", tuple(ReviewStatus)),
        role=row.one_of("role", (*ROLES, "review_team")),
        stage=row.one_of("stage", tuple(ReviewStage)) if row.holds("stage") else None,
        verdict=row.one_of("verdict", tuple(ReviewVerdictKind)) if row.holds("verdict") else None,
        result=row.one_of("result", tuple(ReviewResult)) if row.holds("result") else None,
        by_draw=row.find("by_draw", bool) or False,
        ground=_ground(row),
    )
    if (step.stage is None) != (step.verdict is None):
        row.refuse("a stage has a verdict, and a verdict a stage")
    return tuple(replace(step, start=start) for start in starts)
