"""The mutations, one a file: decode, call the act, encode. No SQL."""

from __future__ import annotations

import strawberry

from graphql_schema.declare import act
from graphql_schema.mutations import answers
from graphql_schema.mutations.accept_objection import accept_objection
from graphql_schema.mutations.add_person import add_person
from graphql_schema.mutations.answer_spot_check import answer_spot_check
from graphql_schema.mutations.assign_role import assign_role
from graphql_schema.mutations.attest_legacy_record import attest_legacy_record
from graphql_schema.mutations.cancel_review import cancel_review
from graphql_schema.mutations.certify_officer_key import certify_officer_key
from graphql_schema.mutations.change_password import change_password
from graphql_schema.mutations.close_publicity import close_publicity
from graphql_schema.mutations.commit_register_list import commit_register_list
from graphql_schema.mutations.commit_secret import commit_secret
from graphql_schema.mutations.confirm_certification_change import confirm_certification_change
from graphql_schema.mutations.confirm_erasure import confirm_erasure
from graphql_schema.mutations.confirm_extension import confirm_extension
from graphql_schema.mutations.confirm_review import confirm_review
from graphql_schema.mutations.confirm_review_correction import confirm_review_correction
from graphql_schema.mutations.confirm_signing_policy import confirm_signing_policy
from graphql_schema.mutations.confirm_unit_change import confirm_unit_change
from graphql_schema.mutations.correct_publicity import correct_publicity
from graphql_schema.mutations.decide_objection import decide_objection
from graphql_schema.mutations.decline_certification_change import decline_certification_change
from graphql_schema.mutations.decline_erasure import decline_erasure
from graphql_schema.mutations.decline_extension import decline_extension
from graphql_schema.mutations.decline_legacy_record import decline_legacy_record
from graphql_schema.mutations.decline_review_correction import decline_review_correction
from graphql_schema.mutations.decline_unit_change import decline_unit_change
from graphql_schema.mutations.end_grant import end_grant
from graphql_schema.mutations.end_role import end_role
from graphql_schema.mutations.enrol_officer_key import enrol_officer_key
from graphql_schema.mutations.extend_review_cycle import extend_review_cycle
from graphql_schema.mutations.file_application import file_application
from graphql_schema.mutations.file_objection import file_objection
from graphql_schema.mutations.give_opinion import give_opinion
from graphql_schema.mutations.grant_oversight import grant_oversight
from graphql_schema.mutations.lapse_application import lapse_application
from graphql_schema.mutations.open_campaign import open_campaign
from graphql_schema.mutations.open_draw import open_draw
from graphql_schema.mutations.open_publicity import open_publicity
from graphql_schema.mutations.plan_review_cycle import plan_review_cycle
from graphql_schema.mutations.propose_certification_change import propose_certification_change
from graphql_schema.mutations.propose_erasure import propose_erasure
from graphql_schema.mutations.propose_extension import propose_extension
from graphql_schema.mutations.propose_legacy_records import propose_legacy_records
from graphql_schema.mutations.propose_review_correction import propose_review_correction
from graphql_schema.mutations.propose_unit_change import propose_unit_change
from graphql_schema.mutations.rank_applications import rank_applications
from graphql_schema.mutations.record_decision import record_decision
from graphql_schema.mutations.record_inspection import record_inspection
from graphql_schema.mutations.record_site_visit import record_site_visit
from graphql_schema.mutations.report_to_province import report_to_province
from graphql_schema.mutations.return_application import return_application
from graphql_schema.mutations.return_review import return_review
from graphql_schema.mutations.reveal_secret import reveal_secret
from graphql_schema.mutations.revoke_officer_key import revoke_officer_key
from graphql_schema.mutations.rotate_officer_key import rotate_officer_key
from graphql_schema.mutations.save_form import save_form
from graphql_schema.mutations.set_calendar import set_calendar
from graphql_schema.mutations.set_ledger_reading import set_ledger_reading
from graphql_schema.mutations.set_signing_policy import set_signing_policy
from graphql_schema.mutations.sign_in import sign_in
from graphql_schema.mutations.submit_application import submit_application
from graphql_schema.mutations.void_draw import void_draw
from graphql_schema.mutations.vouch_for_officer_key import vouch_for_officer_key
from graphql_schema.mutations.withdraw_application import withdraw_application
from graphql_schema.permissions import Permission


@strawberry.type(
    description="What may be done. Every act is recorded with its entry in one transaction (办理)."
)
class Mutation:
    """The mutations."""

    sign_in = act(
        sign_in,
        answers=answers.SignInResult,
        permission=Permission.PUBLIC,
        description="Sign in for a token of ten minutes (登录).",
    )
    change_password = act(
        change_password,
        answers=answers.PasswordResult,
        permission=Permission.READ,
        description="Change one's own password (修改密码).",
    )
    open_campaign = act(
        open_campaign,
        answers=answers.CampaignResult,
        permission=Permission.ACT,
        description="The city opens the round of a programme (开启批次).",
    )
    file_application = act(
        file_application,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="A community applies (提出申请).",
    )
    save_form = act(
        save_form,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="Save a new version of the form (填写推荐表).",
    )
    submit_application = act(
        submit_application,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="Hand the application to the street (提交).",
    )
    give_opinion = act(
        give_opinion,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="Street, county or city give their opinion (签署意见).",
    )
    record_site_visit = act(
        record_site_visit,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="Note what was found on the spot (实地考察).",
    )
    return_application = act(
        return_application,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="Hand an application back with what is wrong (退回).",
    )
    withdraw_application = act(
        withdraw_application,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="A community takes its application back (撤回).",
    )
    lapse_application = act(
        lapse_application,
        answers=answers.ApplicationResult,
        permission=Permission.ACT,
        description="A county declares lapsed what was not recommended in time (失效).",
    )
    rank_applications = act(
        rank_applications,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Put the visited applications in order (择优排序).",
    )
    open_publicity = act(
        open_publicity,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Put up the list of those selected (公示).",
    )
    close_publicity = act(
        close_publicity,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Close a publicity whose days have passed (公示期满).",
    )
    correct_publicity = act(
        correct_publicity,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Correct what a running publicity says of a community (更正公示).",
    )
    file_objection = act(
        file_objection,
        answers=answers.FiledObjectionResult,
        permission=Permission.PUBLIC,
        description="Object to what is being publicised, without signing in (提出异议).",
    )
    accept_objection = act(
        accept_objection,
        answers=answers.ObjectionResult,
        permission=Permission.ACT,
        description="Begin to investigate an objection (受理异议).",
    )
    decide_objection = act(
        decide_objection,
        answers=answers.ObjectionResult,
        permission=Permission.ACT,
        description="Uphold or dismiss an objection (异议结论).",
    )
    report_to_province = act(
        report_to_province,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Report the publicised to the province (报送).",
    )
    record_decision = act(
        record_decision,
        answers=answers.RosterResult,
        permission=Permission.ACT,
        description="Enter the province's decision (省厅认定).",
    )
    plan_review_cycle = act(
        plan_review_cycle,
        answers=answers.ReviewCycleResult,
        permission=Permission.ACT,
        description="Plan a cycle of annual reviews: communities, days, teams (制定复查计划).",
    )
    record_inspection = act(
        record_inspection,
        answers=answers.AnnualReviewResult,
        permission=Permission.INSPECT,
        description="A team records what it observed, and concludes the round (现场复查).",
    )
    confirm_review = act(
        confirm_review,
        answers=answers.AnnualReviewResult,
        permission=Permission.ACT,
        description="County, then city, confirm what a team concluded (确认复查结论).",
    )
    return_review = act(
        return_review,
        answers=answers.AnnualReviewResult,
        permission=Permission.ACT,
        description="County or city have it inspected anew, and say why (退回复查).",
    )
    propose_review_correction = act(
        propose_review_correction,
        answers=answers.ReviewCorrectionResult,
        permission=Permission.ACT,
        description="A county proposes to correct how a year's review ended (提出更正复查结论).",
    )
    confirm_review_correction = act(
        confirm_review_correction,
        answers=answers.ReviewCorrectionResult,
        permission=Permission.ACT,
        description="The city confirms such a correction: it counts from now on (确认更正).",
    )
    decline_review_correction = act(
        decline_review_correction,
        answers=answers.ReviewCorrectionResult,
        permission=Permission.ACT,
        description="The city declines such a correction (退回更正).",
    )
    extend_review_cycle = act(
        extend_review_cycle,
        answers=answers.ReviewCycleResult,
        permission=Permission.ACT,
        description="The city moves the last day of a county's cycle on (延长复查周期).",
    )
    cancel_review = act(
        cancel_review,
        answers=answers.AnnualReviewResult,
        permission=Permission.ACT,
        description="The county cancels a review that is not to be (取消复查).",
    )
    propose_legacy_records = act(
        propose_legacy_records,
        answers=answers.LegacyProposalResult,
        permission=Permission.ACT,
        description="A county enters what only paper says of a community (补录历史记录).",
    )
    attest_legacy_record = act(
        attest_legacy_record,
        answers=answers.LegacyRecordResult,
        permission=Permission.ACT,
        description="The city attests such a record: it counts from now on (核证历史记录).",
    )
    decline_legacy_record = act(
        decline_legacy_record,
        answers=answers.LegacyRecordResult,
        permission=Permission.ACT,
        description="The city declines such a record (退回历史记录).",
    )
    propose_certification_change = act(
        propose_certification_change,
        answers=answers.CertificationChangeResult,
        permission=Permission.ACT,
        description="The city proposes to suspend, revoke or reinstate a certification (提出认定变更).",
    )
    confirm_certification_change = act(
        confirm_certification_change,
        answers=answers.CertificationChangeResult,
        permission=Permission.ACT,
        description="Another person of the city confirms it (确认认定变更).",
    )
    decline_certification_change = act(
        decline_certification_change,
        answers=answers.CertificationChangeResult,
        permission=Permission.ACT,
        description="A person of the city declines it, with a reason (否决认定变更).",
    )
    propose_unit_change = act(
        propose_unit_change,
        answers=answers.UnitChangeResult,
        permission=Permission.ACT,
        description="The city proposes to merge, divide, move, rename or recode units (提出区划变更).",
    )
    confirm_unit_change = act(
        confirm_unit_change,
        answers=answers.UnitChangeResult,
        permission=Permission.ACT,
        description="Another person of the city confirms it: the counties' ledgers follow (确认区划变更).",
    )
    decline_unit_change = act(
        decline_unit_change,
        answers=answers.UnitChangeResult,
        permission=Permission.ACT,
        description="A person of the city declines it, with a reason (否决区划变更).",
    )
    propose_erasure = act(
        propose_erasure,
        answers=answers.ErasureResult,
        permission=Permission.ADMINISTER,
        description="An administrator proposes to erase somebody's personal values (提请删除个人信息).",
    )
    confirm_erasure = act(
        confirm_erasure,
        answers=answers.ErasureResult,
        permission=Permission.ADMINISTER,
        description="Another administrator confirms it: the values are deleted (确认删除个人信息).",
    )
    decline_erasure = act(
        decline_erasure,
        answers=answers.ErasureResult,
        permission=Permission.ADMINISTER,
        description="An administrator declines it (不予删除个人信息).",
    )
    propose_extension = act(
        propose_extension,
        answers=answers.ExtensionResult,
        permission=Permission.ACT,
        description="The city proposes to extend a window (提出延期).",
    )
    confirm_extension = act(
        confirm_extension,
        answers=answers.ExtensionResult,
        permission=Permission.ACT,
        description="Another officer of the city confirms an extension (确认延期).",
    )
    decline_extension = act(
        decline_extension,
        answers=answers.ExtensionResult,
        permission=Permission.ACT,
        description="An officer of the city declines an extension (否决延期).",
    )
    open_draw = act(
        open_draw,
        answers=answers.DrawResult,
        permission=Permission.DRAW,
        description="A party opens a draw and commits to a secret (发起抽取).",
    )
    commit_secret = act(
        commit_secret,
        answers=answers.DrawResult,
        permission=Permission.DRAW,
        description="The second party commits to a secret (承诺密数).",
    )
    reveal_secret = act(
        reveal_secret,
        answers=answers.DrawResult,
        permission=Permission.DRAW,
        description="A party reveals its secret; the last one settles the draw (公开密数).",
    )
    void_draw = act(
        void_draw,
        answers=answers.DrawResult,
        permission=Permission.DRAW,
        description="A draw whose time is over is declared void (作废抽取).",
    )
    commit_register_list = act(
        commit_register_list,
        answers=answers.RegisterListResult,
        permission=Permission.ACT,
        description="A community commits to its register of a day (提交名册承诺).",
    )
    answer_spot_check = act(
        answer_spot_check,
        answers=answers.DrawResult,
        permission=Permission.INSPECT,
        description="What looking up a drawn number came to (填报核查结果).",
    )
    set_calendar = act(
        set_calendar,
        answers=answers.CalendarResult,
        permission=Permission.ADMINISTER,
        description="The city's administrator sets a year's working days (设定工作日安排).",
    )
    set_ledger_reading = act(
        set_ledger_reading,
        answers=answers.LedgerReadingResult,
        permission=Permission.ADMINISTER,
        description="An administrator sets who may read the tenant's log as files (设定账本阅读范围).",
    )
    add_person = act(
        add_person,
        answers=answers.PersonResult,
        permission=Permission.ADMINISTER,
        description="Add a person to one's own tenant (增加人员).",
    )
    assign_role = act(
        assign_role,
        answers=answers.RoleResult,
        permission=Permission.ADMINISTER,
        description="Give a person a role over a unit (任职).",
    )
    end_role = act(
        end_role,
        answers=answers.RoleResult,
        permission=Permission.ADMINISTER,
        description="End a role (免职).",
    )
    grant_oversight = act(
        grant_oversight,
        answers=answers.GrantResult,
        permission=Permission.ADMINISTER,
        description="Let another tenant oversee or audit one's own (授权).",
    )
    end_grant = act(
        end_grant,
        answers=answers.GrantResult,
        permission=Permission.ADMINISTER,
        description="End a grant (终止授权).",
    )
    enrol_officer_key = act(
        enrol_officer_key,
        answers=answers.OfficerKeyResult,
        permission=Permission.READ,
        description="Enrol a key of one's own (登记密钥).",
    )
    vouch_for_officer_key = act(
        vouch_for_officer_key,
        answers=answers.OfficerKeyResult,
        permission=Permission.ADMINISTER,
        description="The first of two administrators vouches for an officer's key (核验密钥).",
    )
    certify_officer_key = act(
        certify_officer_key,
        answers=answers.OfficerKeyResult,
        permission=Permission.ADMINISTER,
        description="The second one certifies it: it signs from now on (核证密钥).",
    )
    rotate_officer_key = act(
        rotate_officer_key,
        answers=answers.OfficerKeyResult,
        permission=Permission.READ,
        description="Hand over to a new key of one's own, signed with the old one (更换密钥).",
    )
    revoke_officer_key = act(
        revoke_officer_key,
        answers=answers.OfficerKeyResult,
        permission=Permission.READ,
        description="An officer or an administrator revokes a key (吊销密钥).",
    )
    set_signing_policy = act(
        set_signing_policy,
        answers=answers.SigningPolicyResult,
        permission=Permission.ADMINISTER,
        description="Say which operations need the officer's key (设定签名规定).",
    )
    confirm_signing_policy = act(
        confirm_signing_policy,
        answers=answers.SigningPolicyResult,
        permission=Permission.ADMINISTER,
        description="Another administrator confirms what asks for less (确认签名规定).",
    )
