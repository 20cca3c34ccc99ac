"""Binding an act to the form version that its actor has read, and the opinion row that keeps the binding."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from hmac import compare_digest

from audit.entry import Subject
from certification.changes import Change, Context, insert, update
from certification.errors import FormStaleError, InvariantError
from certification.extensions import cite_late
from certification.model import FormVersion, Opinion
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
    state: FoundApplication, step: Step, form: FormVersion, text: str, context: Context, operation: str
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
        writes=(*insert(opinion), *update(after)),
    )
    return cite_late(change, state.programme, step, state.extensions, context.now)
