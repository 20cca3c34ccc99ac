"""Whether a programme holds together: every reference leads somewhere, and every application's life comes to an end.

Checked: forms, windows and levels that are named exist; the standard's items are unique a level, and its marks can be reached; each (status, action)
has one step; every act that names a stage starts from a status; all statuses in use are reached from the beginning, and
from each a final one can be reached; nothing leaves a final one; the lists rest on kinds that are made, and each verdict
of a list, or an objection upheld, is followed by a step `by_roster`, and each such step follows one; an objection is filed by
the public and comes from its first status to an end; a level asks for one that is there, and none in a circle; a review is planned, drawn,
and looked at, by whoever gives the verdicts of a stage, each of them once a status. Raises ProgrammeRefusedError.
"""

from __future__ import annotations

from typing import NoReturn

from certification.errors import ProgrammeRefusedError
from certification.model import ObjectionStatus, RosterKind, Status
from certification.programme import Programme, RosterStep, Step
from certification.reviews.model import ReviewStage, ReviewStatus, ReviewVerdictKind
from certification.reviews.rule import FINAL, ReviewStep
from certification.standard import HISTORY, Indicator, Item

CITY_ROLE = "city_officer"
LONGEST_EXTENSION = 3650
REVIEWERS = {
    ReviewStage.INSPECTION: "review_team",
    ReviewStage.COUNTY: "county_officer",
    ReviewStage.CITY: CITY_ROLE,
}
SAYS_SO = (ReviewVerdictKind.AGREE, ReviewVerdictKind.RETURN)
"""What county and city say of a review; the team says the rest."""
ACTS = ("file_application", "save_form", "submit", "withdraw", "lapse")
"""What persons do to an application that is no verdict of a stage."""
LISTS = {
    "rank": (None, RosterKind.RANKING),
    "open_publicity": (RosterKind.RANKING, RosterKind.PUBLICITY),
    "close_publicity": (RosterKind.PUBLICITY, None),
    "report_to_province": (RosterKind.PUBLICITY, RosterKind.REPORT),
    "record_decision": (RosterKind.REPORT, RosterKind.DECISION),
}
"""What the city does with its lists in every round: what it rests on, and makes."""
CORRECTION = "correct_publicity"


def check_shape(programme: Programme) -> None:
    """Raise ProgrammeRefusedError unless the programme holds together."""
    _check_references(programme)
    _check_levels(programme)
    _check_standard(programme)
    _check_figures(programme)
    for level in programme.levels:
        _check_life(programme, level)
        _check_verdicts(programme, level)
    _check_acts(programme)
    _check_round(programme)
    _check_objections(programme)
    _check_reviews(programme)


def _refuse(where: str, reason: str) -> NoReturn:
    raise ProgrammeRefusedError(where=where, reason=reason)


def _check_references(programme: Programme) -> None:
    for level in programme.levels.values():
        if level.form not in programme.forms:
            _refuse(f"levels {level.code}", f"the form {level.form} does not exist")
    if programme.publicity.window not in programme.windows:
        _refuse("publicity", f"the window {programme.publicity.window} does not exist")
    if programme.publicity.working_days.value == 0:
        _refuse("publicity", "a publicity has at least one working day")
    if not 1 <= programme.extension_days.value <= LONGEST_EXTENSION:
        _refuse("extensions", f"an extension lasts from 1 to {LONGEST_EXTENSION} days")
    rows: tuple[Step | RosterStep, ...] = (*programme.life, *programme.round)
    for row in rows:
        if row.window is not None and row.window not in programme.windows:
            _refuse(row.action, f"the window {row.window} does not exist")
    known = {one.action for one in programme.life if not one.by_roster}
    unknown = set(programme.history.checked.value) - known - {row.action for row in programme.round}
    if unknown:
        _refuse("history", f"checks {', '.join(sorted(unknown))}, which no person does")
    for step in programme.life:
        if step.after is not None and (step.after not in programme.windows or step.window is not None):
            _refuse(step.action, "is after a window that exists, and then in no other")
    if not set(programme.holds_city_place.value) <= set(programme.holds_county_place.value):
        _refuse("places", "what holds a place of the city holds one of its county")


def _check_levels(programme: Programme) -> None:
    for level in programme.levels.values():
        asked, seen = level.requires, {level.code}
        while asked is not None:
            if asked.certified not in programme.levels:
                _refuse(f"levels {level.code}", f"asks for {asked.certified}, which is no level")
            if asked.certified in seen:
                _refuse(f"levels {level.code}", "asks for itself in the end")
            seen.add(asked.certified)
            asked = programme.levels[asked.certified].requires


def _check_standard(programme: Programme) -> None:
    for level in programme.levels:
        codes = [item.code for item in programme.standard if level in item.levels]
        if not codes or len(set(codes)) != len(codes):
            _refuse(f"standard {level}", "is empty or has a code twice")
        indicators = [one for one in programme.indicators if one.level == level]
        if len({one.code for one in indicators}) != len(indicators):
            _refuse(f"indicators {level}", "has a code twice")
        for one in indicators:
            if one.item is not None and one.item not in codes:
                _refuse(f"indicators {one.code}", f"the item {one.item} is not in the standard")
            if len(set(one.group_codes)) != len(one.group_codes):
                _refuse(f"indicators {one.code}", "has a group twice")
            if one.comparison == HISTORY and programme.levels[level].requires is None:
                _refuse(f"indicators {one.code}", f"the level {level} asks for no history")
        _check_points(programme, level)


def _check_points(programme: Programme, level: str) -> None:
    """Points and vetoes belong to a standard that scores; there, each clause gives or refuses, and the mark can be reached."""
    scoring = programme.edition.scoring
    items = [one for one in programme.standard if level in one.levels]
    indicators = [one for one in programme.indicators if one.level == level]
    clauses: list[Item | Indicator] = [*items, *indicators]
    counting = [one.code for one in clauses if one.points is not None or one.veto]
    if scoring is None:
        if counting:
            _refuse(f"standard {counting[0]}", "has points or a veto in a standard without marks")
        return
    computed = {one.item for one in indicators}
    idle = [one.code for one in items if one.code not in {*counting, *computed}]
    idle += [one.code for one in indicators if one.code not in counting]
    if idle:
        _refuse(f"standard {idle[0]}", "gives no points and has no veto in a standard with marks")
    looked_at = set(programme.assessed_parts.value) | set(
        programme.reviews.parts.value if programme.reviews else ()
    )
    unseen = [one.code for one in items if one.code in counting and one.part not in looked_at]
    if unseen:
        _refuse(f"standard {unseen[0]}", "counts and is in a part that nobody assesses")
    highest = sum(one.points or 0 for one in items)
    highest += sum((one.points or 0) * len(one.group_codes) for one in indicators)
    if scoring.marks[level].value > highest:
        _refuse(f"standard {level}", f"the mark is above the {highest} points that there are")


def _check_figures(programme: Programme) -> None:
    rule = programme.figures
    if rule is None:
        return
    known = {one.action for one in programme.life if not one.by_roster and one.start is not None}
    unknown = {*rule.stated.value, *rule.qualifying.value} - known
    if unknown:
        _refuse("figures", f"are asked for at {', '.join(sorted(unknown))}, which no person does to a form")


def _check_life(programme: Programme, level: str) -> None:
    steps = [step for step in programme.life if level in step.levels]
    if [step.to for step in steps if step.start is None] != [programme.initial]:
        _refuse("life", "exactly one step makes an application, in the initial status")
    pairs = [(step.start, step.action) for step in steps]
    if len(set(pairs)) != len(pairs):
        _refuse("life", "a status has an action twice")
    onward: dict[str, set[str]] = {}
    for step in steps:
        if step.start is not None:
            onward.setdefault(step.start, set()).add(step.to)
    final = set(programme.final)
    if final & onward.keys():
        _refuse("life", "a step leaves a final status")
    known = {step.to for step in steps} | onward.keys() | final
    if known - _closure({programme.initial}, onward):
        _refuse("life", "a status is never reached")
    backward: dict[str, set[str]] = {}
    for start, ends in onward.items():
        for end in ends:
            backward.setdefault(end, set()).add(start)
    if known - _closure(final, backward):
        _refuse("life", "a status leads to no end")
    places = set(programme.holds_county_place.value)
    if places - known:
        _refuse("places", "names a status that no step reaches")


def _check_verdicts(programme: Programme, level: str) -> None:
    """What a stage says is one action a level: people name the stage and the verdict."""
    given: dict[tuple[str, str | None], str] = {}
    for step in programme.life:
        if step.stage is not None and level in step.levels:
            known = given.setdefault((step.stage, step.verdict), step.action)
            if known != step.action:
                _refuse(step.action, f"gives the verdict that {known} gives")


def _check_acts(programme: Programme) -> None:
    """Persons can do what there is an act for, and a round has all its lists."""
    for step in programme.life:
        if step.stage is None and not step.by_roster and step.action not in ACTS:
            _refuse(step.action, f"is neither a verdict of a stage nor one of {', '.join(ACTS)}")
    if Status.CERTIFIED not in {step.to for step in programme.life}:
        _refuse("life", "nothing is ever certified")
    found = {row.action: (row.rests_on, row.makes) for row in programme.round if row.action != CORRECTION}
    wrong = [name for name in {**LISTS, **found} if found.get(name) != LISTS.get(name)]
    if wrong:
        _refuse("round", f"{', '.join(wrong)}: a round has {', '.join(LISTS)}, each resting on another")


def _closure(begin: set[str], onward: dict[str, set[str]]) -> set[str]:
    found, waiting = set(begin), list(begin)
    while waiting:
        for status in onward.get(waiting.pop(), ()):
            if status not in found:
                found.add(status)
                waiting.append(status)
    return found


def _check_round(programme: Programme) -> None:
    if len({row.action for row in programme.round}) != len(programme.round):
        _refuse("round", "an action twice")
    made: set[str] = set()
    for row in programme.round:
        if row.role != CITY_ROLE:
            _refuse(row.action, "a list is the city's")
        if row.rests_on is not None and row.rests_on not in made:
            _refuse(row.action, f"rests on {row.rests_on}, which nothing before it makes")
        if row.makes is not None:
            if row.makes in made:
                _refuse(row.action, f"{row.makes} is made twice")
            made.add(row.makes)
    followed = [action for row in programme.round for action in row.follows.values()]
    if programme.publicity.upheld is not None:
        followed.append(programme.publicity.upheld)
    by_roster = [step.action for step in programme.life if step.by_roster]
    if sorted(followed) != sorted(by_roster):
        _refuse(
            "round",
            "each step by_roster follows one verdict of one list or an upheld objection, and each such has a step",
        )
    for row in programme.round:
        if (row.of is None) != (row.makes is None or bool(row.follows)):
            _refuse(row.action, "a list that no step follows names the status of what it lists")
    for step in programme.life:
        if step.by_roster and (step.window is not None or step.stage is not None or step.start is None):
            _refuse(step.action, "a step by_roster has a status to start from, and neither window nor stage")


def _check_objections(programme: Programme) -> None:
    steps = programme.objections
    if not steps:
        return
    if [step.role for step in steps if step.start is None] != ["public"]:
        _refuse("objections", "exactly one step makes an objection, and it is the public's")
    if any(step.role != CITY_ROLE for step in steps if step.start is not None):
        _refuse("objections", "what becomes of an objection is the city's")
    if len({(step.start, step.action) for step in steps}) != len(steps):
        _refuse("objections", "a status has an action twice")
    onward: dict[str, set[str]] = {}
    for step in steps:
        onward.setdefault(step.start or "", set()).add(step.to)
    if _closure({""}, onward) != {"", *ObjectionStatus}:
        _refuse("objections", "a status is never reached")
    if {ObjectionStatus.UPHELD, ObjectionStatus.DISMISSED} & onward.keys():
        _refuse("objections", "a decision is left again")
    if programme.publicity.upheld is None:
        _refuse("publicity", "no step follows an objection upheld")


def _check_reviews(programme: Programme) -> None:
    rule = programme.reviews
    if rule is None:
        return
    unknown = set(rule.parts.value) - {item.part for item in programme.standard}
    if unknown:
        _refuse("reviews", f"no item of the standard is of the part {', '.join(sorted(unknown))}")
    steps = rule.life
    if [step.to for step in steps if step.start is None] != [ReviewStatus.PLANNED]:
        _refuse("reviews", "exactly one step makes a review, and it is planned")
    drawn = [(step.start, step.to) for step in steps if step.by_draw]
    if drawn != [(ReviewStatus.PLANNED, ReviewStatus.ASSIGNED)]:
        _refuse("reviews", "exactly one step follows the draw, and it assigns what was planned")
    if len({(step.start, step.action) for step in steps}) != len(steps):
        _refuse("reviews", "a status has an action twice")
    given = [(step.start, step.stage, step.verdict) for step in steps if step.stage is not None]
    if len(set(given)) != len(given):
        _refuse("reviews", "a status has a verdict of a stage twice")
    for step in steps:
        _check_review_step(step)
    _check_review_ends(steps)
    if set(rule.complete.value) & set(SAYS_SO):
        _refuse("reviews", "only what a team says can be complete")
    for name in ("team_members", "reveal_hours", "rectify_days", "recheck_days"):
        if not 1 <= getattr(rule, name).value <= LONGEST_EXTENSION:
            _refuse("reviews", f"{name} lies between 1 and {LONGEST_EXTENSION}")


def _check_review_ends(steps: tuple[ReviewStep, ...]) -> None:
    """Every status in use is reached, and leads to an end that nothing leaves."""
    onward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for step in steps:
        onward.setdefault(step.start or "", set()).add(step.to)
        backward.setdefault(step.to, set()).add(step.start or "")
    if set(FINAL) & onward.keys():
        _refuse("reviews", "a step leaves a final status")
    used = onward.keys() | backward.keys()
    if used - _closure({""}, onward):
        _refuse("reviews", "a status is never reached")
    if used - {ReviewStatus.CANCELLED} - _closure({ReviewStatus.CONFIRMED}, backward):
        _refuse("reviews", "a status never leads to a confirmed review")


def _check_review_step(step: ReviewStep) -> None:
    """Who gives a stage's verdicts, which they are, and what a team's come to."""
    if step.stage is None:
        if step.start is not None and not step.by_draw and step.to != ReviewStatus.CANCELLED:
            _refuse(step.action, "without a stage a review is only planned, drawn or cancelled")
    elif step.start is None or step.by_draw or step.role != REVIEWERS[ReviewStage(step.stage)]:
        _refuse(step.action, "a stage's verdict starts from a status and is given by whose stage it is")
    elif (step.stage == ReviewStage.INSPECTION) == (step.verdict in SAYS_SO):
        _refuse(step.action, "a team concludes, county and city agree or return")
    concludes = (ReviewVerdictKind.PASS, ReviewVerdictKind.FAIL)
    if (step.result is None) != (step.verdict not in concludes):
        _refuse(step.action, "a pass and a fail have a result, and nothing else has")
    if step.result is not None and (step.result == ReviewVerdictKind.FAIL) != (
        step.verdict == ReviewVerdictKind.FAIL
    ):
        _refuse(step.action, "a fail's result is a fail, a pass's is none")
    if (step.to == ReviewStatus.CONFIRMED) != (
        (step.stage, step.verdict) == (ReviewStage.CITY, ReviewVerdictKind.AGREE)
    ):
        _refuse(step.action, "the city confirms, and nobody else")
