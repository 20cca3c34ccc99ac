"""A community saves its form (推荐表): a new version beside those before, and the one in force from now on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.commitment import commit
from audit.entry import Subject
from certification.changes import Act, Change, Context, insert, update
from certification.extensions import cite_late
from certification.figures import Figure, check_figures, format_figures
from certification.forms import (
    CONTACT_FIELDS,
    Contact,
    check_contact,
    check_content,
    check_justification,
    content_hash,
)
from certification.life import Actor, check_entitled, check_step, decide_form_history
from certification.model import FormVersion, PersonalValue
from certification.reading import FoundApplication, read_application
from certification.tables import form_versions
from tenancy.database import TenantConnection
from tenancy.personal import read_values
from tenancy.statements import statement

ACTION: Final = "save_form"
_COMMITTED = statement(
    select(
        *(form_versions.c[f"{field}_commitment"].is_not(None).label(field) for field in CONTACT_FIELDS)
    ).where(form_versions.c.tenant_id == bindparam("tenant_id"), form_versions.c.id == bindparam("version"))
)


@dataclass(frozen=True, slots=True)
class Command:
    """The typed fields of the form; a village's has a justification. `figures` as far as they are known. `contact` is personal: it enters no digest."""

    application_id: UUID
    situation: str
    narrative: str
    contact: Contact = field(metadata={"personal": True})
    justification: str | None = None
    figures: tuple[Figure, ...] = ()


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundApplication:
    """Read the application."""
    return await read_application(tx, command.application_id, now)


def authorise(state: FoundApplication, command: Command, actor: Actor) -> str:
    """The clerk of that community."""
    return check_entitled(state.programme, ACTION, state.view, actor).name


def decide(state: FoundApplication, command: Command, context: Context) -> Change:
    """A new version; its hash names the words and commits to the contact."""
    programme, application = state.programme, state.application
    step = check_step(programme, ACTION, state.view, context.actor, context.now)
    form = programme.forms[programme.levels[application.level].form]
    check_content(programme, form, command.situation, command.narrative)
    check_justification(programme, application.community_kind, command.justification)
    check_contact(command.contact)
    check_figures(programme, application.level, command.figures)
    figures = format_figures(command.figures)
    certified_on, reviews, certified_by = decide_form_history(programme, state.view, context.now)
    version_id = context.new_id()
    salts = {name: context.new_salt() for name in command.contact.values()}
    commitments = {
        name: commit(name, value.encode(), salts[name]) for name, value in command.contact.values().items()
    }
    version = FormVersion(
        tenant_id=application.tenant_id,
        id=version_id,
        application_id=application.id,
        version=state.versions + 1,
        form=form.code,
        situation=command.situation,
        narrative=command.narrative,
        contact_name_commitment=commitments["contact_name"],
        fixed_phone_commitment=commitments.get("fixed_phone"),
        mobile_phone_commitment=commitments.get("mobile_phone"),
        hash=content_hash(
            application.id,
            state.versions + 1,
            form=form.code,
            situation=command.situation,
            narrative=command.narrative,
            commitments=commitments,
            justification=command.justification,
            certified_on=certified_on,
            reviews=reviews,
            figures=figures,
            certified_by=certified_by,
        ),
        author_id=context.actor.person_id,
        created_at=context.now,
        justification=command.justification,
        certified_on=certified_on,
        reviews=reviews,
        figures=figures,
        certified_by=certified_by,
    )
    values = (
        PersonalValue(application.tenant_id, commitments[name], version_id, name, value, salts[name])
        for name, value in command.contact.values().items()
    )
    after = replace(
        application,
        status=step.to,
        revision=application.revision + 1,
        form_version_id=version_id,
        updated_at=context.now,
    )
    change = Change(
        operation="application.form_saved",
        subject=Subject("application", application.id, after.revision),
        intent={
            "action": ACTION,
            "form": form.code,
            "form_hash": version.hash.hex(),
            "status": step.to,
            "version": version.version,
        },
        writes=(*insert(version, *values), *update(after)),
    )
    return cite_late(change, programme, step, state.extensions, context.now)


async def same_personal(tx: TenantConnection, command: Command, first_id: UUID) -> bool:
    """Whether what is left of a version's contact is what was given; what was erased is not compared."""
    given, version = command.contact.values(), await tx.one(_COMMITTED, version=first_id)
    if any(version[field] != (field in given) for field in CONTACT_FIELDS):
        return False
    stored = (await read_values(tx, [first_id])).get(first_id, {})
    return all(given[field] == kept.value for field, kept in stored.items())


ACT: Final = Act("application.form_saved", load, authorise, decide, same_personal)
