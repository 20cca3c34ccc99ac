"""Which operations a policy may ask an officer's key for: those that a person does through the API, with an intent that can be
made again.

Left out: what follows in another log (its author signs in their own), what strangers and the system do, enrolling and revoking a
key (who has lost one must be able to), confirming an erasure (the system does it again behind a restore; its proposal is there),
what comes without a place for a signature (a file), and opening and committing to a draw, whose intent names the moment.
"""

from typing import Final

SIGNABLE: Final = frozenset(
    {
        "application.filed",
        "application.form_saved",
        "application.submitted",
        "application.returned",
        "application.withdrawn",
        "application.lapsed",
        "application.opinion_given",
        "application.site_looked_at",
        "calendar.set",
        "campaign.opened",
        "certification.change_proposed",
        "certification.change_confirmed",
        "certification.change_declined",
        "draw.revealed",
        "draw.voided",
        "erasure.proposed",
        "erasure.declined",
        "extension.proposed",
        "extension.confirmed",
        "extension.declined",
        "grant.given",
        "grant.ended",
        "ledger_reading.set",
        "legacy.proposed",
        "legacy.attested",
        "legacy.declined",
        "objection.accepted",
        "objection.decided",
        "person.added",
        "register.committed",
        "review.cancelled",
        "review.inspected",
        "review.confirmed",
        "review.returned",
        "review_correction.proposed",
        "review_correction.confirmed",
        "review_correction.declined",
        "review_cycle.planned",
        "review_cycle.extended",
        "role.assigned",
        "role.ended",
        "roster.ranking",
        "roster.publicity",
        "roster.publicity_closed",
        "roster.publicity_corrected",
        "roster.report",
        "roster.decision",
        "spot_check.answered",
        "unit_change.proposed",
        "unit_change.confirmed",
        "unit_change.declined",
    }
)
