"""What acts on one application share: the form version that its actor has read, and the rows of an opinion or an ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from hmac import compare_digest

from audit.entry import Subject
from certification.assessment import Found
from certification.changes import Change, Context, insert, update
from certification.errors import FormStaleError, InvariantError
from certification.extensions import cite_late
from certification.forms import REASON_LIMIT, check_text
from certification.model import Ending, FormVersion, ItemAssessment, Opinion
from certification.programme import Step
from certification.reading import FoundApplication


def get_bound_form(state: FoundApplication, form_hash: bytes) -> FormVersion:
    """The form version in force, if the hash given is its hash. Raises FormStaleError."""
    if state.form is None:
        raise InvariantError("a step that binds a form was allowed without one")
    if not compare_digest(form_hash, state.form.hash):
        raise FormStaleError
    return state.form


def give(
    state: FoundApplication,
    step: Step,
    form: FormVersion,
    text: str,
    context: Context,
    operation: str,
    *,
    found: Sequence[Found] = (),
    confirmed: bool | None = None,
) -> Change:
    """The change that a row of the table with a stage makes: an opinion, and the application's new status."""
    if step.stage is None or step.verdict is None:
        raise InvariantError("a step without a stage gives no opinion")
    application, actor = state.application, context.actor
    opinion = Opinion(
        tenant_id=application.tenant_id,
        id=context.new_id(),
        application_id=application.id,
        stage=step.stage,
        verdict=step.verdict,
        text=text,
        form_version_id=form.id,
        form_hash=form.hash,
        author_tenant_id=actor.home_tenant_id,
        author_id=actor.person_id,
        given_at=context.now,
        justification_confirmed=confirmed,
    )
    assessments = (
        ItemAssessment(
            tenant_id=application.tenant_id,
            id=context.new_id(),
            application_id=application.id,
            opinion_id=opinion.id,
            item_code=one.code,
            verdict=one.verdict,
            note=one.note,
            score=one.score,
            assessor_tenant_id=actor.home_tenant_id,
            assessor_id=actor.person_id,
            assessed_at=context.now,
        )
        for one in found
    )
    after = replace(application, status=step.to, revision=application.revision + 1, updated_at=context.now)
    change = Change(
        operation=operation,
        subject=Subject("application", application.id, after.revision),
        intent={
            "action": step.action,
            "form_hash": form.hash.hex(),
            "stage": step.stage,
            "status": step.to,
            "text_digest": sha256(text.encode()).hexdigest(),
            "verdict": step.verdict,
        },
        writes=(*insert(opinion, *assessments), *update(after)),
    )
    return cite_late(change, state.programme, step, state.extensions, context.now)


def end(state: FoundApplication, step: Step, reason: str, context: Context, operation: str) -> Change:
    """The change that ends an application before anybody decides on it, with why."""
    check_text("reason", "理由", reason, REASON_LIMIT)
    application = state.application
    ending = Ending(
        tenant_id=application.tenant_id,
        application_id=application.id,
        status=step.to,
        reason=reason,
        author_id=context.actor.person_id,
        ended_at=context.now,
    )
    after = replace(application, status=step.to, revision=application.revision + 1, updated_at=context.now)
    return Change(
        operation=operation,
        subject=Subject("application", application.id, after.revision),
        intent={
            "action": step.action,
            "reason_digest": sha256(reason.encode()).hexdigest(),
            "status": step.to,
        },
        writes=(*insert(ending), *update(after)),
    )
