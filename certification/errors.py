"""Errors of certification: one base class, a stable `code`, a message in Chinese and English, and the clause.

Each refusal is something a person may be shown: a class holds the templates in `zh` and `en`, an instance holds them
filled in. `clause` names the place in the notice (or the decision of the
programme) on which it rests, where there is one. `details` fill the templates and hold no personal data.
"""

from __future__ import annotations


class CertificationError(Exception):
    """Base of all refusals of this package."""

    code: str = "certification"
    zh: str = "无法办理"
    en: str = "cannot be done"

    def __init__(self, *, clause: str | None = None, **details: object) -> None:
        self.clause = clause
        self.details = details
        self.zh = type(self).zh.format(**details)
        self.en = type(self).en.format(**details)
        super().__init__(self.en)


class InvariantError(Exception):
    """What our own code promised does not hold. Never the caller's fault, never shown."""


# ---- the programme and its calendar


class ProgrammeRefusedError(CertificationError):
    """A programme file is not in its format, or its table of steps does not hold together."""

    code = "programme.refused"
    zh = "方案文件有误：{where}：{reason}"
    en = "the programme is refused: {where}: {reason}"


class ProgrammeUnreadableError(ProgrammeRefusedError):
    """There is no such file, or two of them, or it is none that can be read."""

    code = "programme.unreadable"
    zh = "无法读取方案文件：{where}：{reason}"
    en = "the programme cannot be read: {where}: {reason}"


class CalendarUnpublishedError(CertificationError):
    """Nobody has published the working days of that year; they are not guessed."""

    code = "calendar.unpublished"
    zh = "{year} 年的工作日安排尚未公布，无法推算"
    en = "the working days of {year} have not been published: nothing is guessed"


class CalendarRefusedError(CertificationError):
    """A calendar cannot be set so. `reason_zh` and `reason_en` say why."""

    code = "calendar.refused"
    zh = "工作日安排有误：{reason_zh}"
    en = "the calendar is refused: {reason_en}"


class LedgerReadingUnchangedError(CertificationError):
    """It is set so already."""

    code = "ledger_reading.unchanged"
    zh = "账本阅读范围已是 {reading}"
    en = "the ledger's reading is {reading} already"


class NoPublicityDateError(CertificationError):
    """No start leaves the counted days, and time to report, in the window."""

    code = "publicity.no_date"
    zh = "窗口期内已排不下 {days} 个工作日的公示"
    en = "no publicity of {days} working days fits into the window"


class PublicityStartRefusedError(CertificationError):
    """A publicity may not start that day. `reason_zh` and `reason_en` say why."""

    code = "publicity.start_refused"
    zh = "公示不能自 {day} 起：{reason_zh}"
    en = "publicity cannot start on {day}: {reason_en}"


class PublicityRunningError(CertificationError):
    """The last counted day has not ended."""

    code = "publicity.running"
    zh = "公示期至 {day} 24 时方满"
    en = "the publicity runs to the end of {day}"


class PublicityIncompleteError(CertificationError):
    """An item that is still publicised has not been so for all its days."""

    code = "publicity.incomplete"
    zh = "“{community}”的公示尚未满 {days} 个工作日（已计 {counted} 个）"
    en = "“{community}” has been publicised for {counted} of {days} working days"


class PublicityObjectedError(CertificationError):
    """An objection to an item that is still publicised has not been decided."""

    code = "publicity.objected"
    zh = "尚有 {count} 件异议未办结（“{community}”等）"
    en = "{count} objection(s) are undecided (“{community}” among them)"


class PublicityNotRunningError(CertificationError):
    """The item is not being publicised now: not yet, no longer, or it is out."""

    code = "publicity.not_running"
    zh = "“{community}”不在公示期内，不能办理“{name}”"
    en = "“{community}” is not being publicised now: “{action}” cannot be done"


class ObjectionStatusError(CertificationError):
    """The objection is not where the act starts from."""

    code = "objection.wrong_status"
    zh = "异议当前为“{status_zh}”，不能办理“{name}”"
    en = "“{action}” does not start from the status {status} of an objection"


# ---- who, when, in which state


class NoSuchActionError(CertificationError):
    """The programme has no such stage or verdict."""

    code = "action.unknown"
    zh = "方案中没有此环节：{stage}（{verdict}）"
    en = "the programme has no stage {stage} with the verdict {verdict}"


class NotEntitledError(CertificationError):
    """The actor holds no role that may do this here."""

    code = "actor.not_entitled"
    zh = "“{name}”须由本辖区的{role_zh}办理"
    en = "“{action}” is for a {role} of this jurisdiction"


class WrongStatusError(CertificationError):
    """The application is not where the act starts from."""

    code = "application.wrong_status"
    zh = "当前状态为“{status_zh}”，不能办理“{name}”"
    en = "“{action}” does not start from the status {status}"


class OutsideWindowError(CertificationError):
    """The act has a window, and now is outside it."""

    code = "window.closed"
    zh = "“{name}”的办理时间为 {opens} 至 {closes}"
    en = "“{action}” may be done from {opens} to {closes}"


class WindowNotOverError(CertificationError):
    """The act waits for the end of a window."""

    code = "window.not_over"
    zh = "“{name}”须待 {closes} 之后办理"
    en = "“{action}” may be done from {closes} on"


class ExtensionSamePersonError(CertificationError):
    """An extension needs a second person."""

    code = "extension.same_person"
    zh = "延期须由提出人以外的另一名市局经办人确认"
    en = "an extension is confirmed by another officer than the one who proposed it"


class ExtensionSettledError(CertificationError):
    """The extension was confirmed or declined before."""

    code = "extension.settled"
    zh = "该延期已经确认或否决"
    en = "the extension was confirmed or declined before"


class ExtensionRefusedError(CertificationError):
    """The extension cannot be. `reason_zh` and `reason_en` say why."""

    code = "extension.refused"
    zh = "不能延期：{reason_zh}"
    en = "cannot be extended: {reason_en}"


class SamePersonError(CertificationError):
    """One person would act at two stages of one application."""

    code = "actor.same_person"
    zh = "同一人不得办理同一申请的两个环节（已办：{stage_zh}）"
    en = "one person may not act at two stages of one application (already: {stage})"


class CountyQuotaError(CertificationError):
    """The county has used its places."""

    code = "quota.county"
    zh = "本县（市、区）{level_zh}推荐名额 {quota} 个，已用完"
    en = "the county has used its {quota} place(s) for {level}"


class CityQuotaError(CertificationError):
    """More would be selected or reported than the city has places."""

    code = "quota.city"
    zh = "全市{level_zh}推荐名额 {quota} 个，不能列入 {asked} 个"
    en = "the city has {quota} places for {level}: {asked} cannot be listed"


class HistoryMissingError(CertificationError):
    """The level asks for an earlier certification and annual passes. `reason_zh` and `reason_en` say what is missing."""

    code = "application.history_missing"
    zh = "须已认定为{certified_zh}并连续 {passes} 年年度复查合格：{reason_zh}"
    en = "asks for certification as {certified} and {passes} annual passes in succession: {reason_en}"


class FormHistoryStaleError(CertificationError):
    """What the form says of the community's history is no longer what is recorded."""

    code = "form.history_stale"
    zh = "推荐表所载认定时间、复查情况与账本现有记录不一致，须重新保存推荐表"
    en = "what the form says of certification and annual reviews is no longer what is recorded: save the form anew"


class NotInScopeError(CertificationError):
    """The unit is of no kind that may apply, or no longer exists."""

    code = "application.not_in_scope"
    zh = "仅限现存的社区或与社区服务功能相近的行政村申报"
    en = "only an existing community, or village with like functions, may apply"


class JustificationMissingError(CertificationError):
    """A unit of this kind says why it stands beside communities, and the form does not say it."""

    code = "application.justification_missing"
    zh = "原则上以社区为主：{kind_zh}申报须说明理由，由县（市、区）确认"
    en = "communities come first: a {kind} says why it applies, for the county to confirm"


class JustificationUnconfirmedError(CertificationError):
    """The county recommends a unit of this kind only with its reason confirmed."""

    code = "opinion.justification_unconfirmed"
    zh = "推荐{kind_zh}须确认其申报理由"
    en = "to recommend a {kind}, the county confirms its reason"


class ListWaitingError(CertificationError):
    """A list of the city names the application, and its status does not follow the list yet."""

    code = "application.listed"
    zh = "市局“{kind_zh}”名单已列入本申请，请待办理完成后再试"
    en = "a {kind} of the city lists the application already: wait until it has followed"


class AlreadyCertifiedError(CertificationError):
    """The community is certified as the level that it applies for."""

    code = "application.certified"
    zh = "本社区已于 {day} 认定为{level_zh}，不再申报（见账本 {origin} 第 {seq} 号账目）"
    en = "the community is certified as {level} since {day} already (see entry {seq} of {origin})"


class AlreadyAppliedError(CertificationError):
    """A live application of this community for this level exists in the campaign."""

    code = "application.exists"
    zh = "本社区在本批次已有同级申请"
    en = "the community has an application for this level in this campaign"


# ---- what is handed in


class FormMissingError(CertificationError):
    """There is no form to submit."""

    code = "form.missing"
    zh = "尚未填写{form_zh}"
    en = "no version of {form} has been saved"


class FormStaleError(CertificationError):
    """The hash given is not that of the form version in force: the actor has not seen it."""

    code = "form.stale"
    zh = "推荐表已更新，请阅看最新版本后再办理"
    en = "the form has changed since: read the version in force and decide again"


class FormReturnedError(CertificationError):
    """The form in force is the one that was returned."""

    code = "form.returned"
    zh = "{form_zh}退回后尚未修改，请先填写新版本"
    en = "{form} has not changed since it was returned: save a new version first"


class FieldRefusedError(CertificationError):
    """A field is missing, too long or malformed. `reason_zh` and `reason_en` say how; the value is not repeated."""

    code = "field.refused"
    zh = "{label}：{reason_zh}"
    en = "{field}: {reason_en}"


class NarrativeTooLongError(CertificationError):
    """The narrative has more 字 than the notice allows."""

    code = "narrative.too_long"
    zh = "推荐材料 {count} 字，超过 {limit} 字"
    en = "the narrative has {count} 字, more than {limit}"


class AssessmentRefusedError(CertificationError):
    """An item is none that this stage assesses, or is named twice."""

    code = "assessment.refused"
    zh = "本环节不评定条款 {item}，或重复评定"
    en = "item {item} is not assessed at this stage, or is named twice"


class AssessmentIncompleteError(CertificationError):
    """Agreeing rests on a verdict on each item."""

    code = "assessment.incomplete"
    zh = "同意前须逐条评定，尚缺：{items}"
    en = "to agree, every item is assessed: missing {items}"


class AssessmentUnmetError(CertificationError):
    """An item does not meet the standard, and the verdict is to agree."""

    code = "assessment.unmet"
    zh = "有条款不符合标准，不能同意：{items}"
    en = "items do not meet the standard, so nobody can agree: {items}"


class AssessmentScoreError(CertificationError):
    """An item has points up to its highest where the standard gives points for it, and else none."""

    code = "assessment.score"
    zh = "条款 {item} 的得分有误：应为 0 至 {highest} 分"
    en = "the points of item {item} are refused: from 0 to {highest}"


class StandardUnmetError(CertificationError):
    """A clause of the standard is not met, or alone refuses. `reason_zh` and `reason_en` say which, with its fraction."""

    code = "standard.unmet"
    zh = "不符合认定标准：{reason_zh}"
    en = "the standard is not met: {reason_en}"


class ScoreShortError(CertificationError):
    """The points do not reach the mark of the level."""

    code = "standard.score_short"
    zh = "得 {score} 分，未达到 {mark} 分"
    en = "{score} points do not reach the mark of {mark}"


class FigureRefusedError(CertificationError):
    """A figure is none that the level asks for, or is not in whole numbers. `reason_zh` and `reason_en` say why."""

    code = "figures.refused"
    zh = "指标数据 {figure} 有误：{reason_zh}"
    en = "the figure {figure} is refused: {reason_en}"


class FiguresMissingError(CertificationError):
    """Figures of the level have not been stated with the form."""

    code = "figures.missing"
    zh = "推荐表尚缺指标数据：{figures_zh}"
    en = "the form lacks figures: {figures_en}"


class EvidenceFullError(CertificationError):
    """The subject has as many files as it may."""

    code = "evidence.full"
    zh = "佐证材料已达 {limit} 份"
    en = "there are {limit} files already"


class TableUnreadableError(CertificationError):
    """A list has no header that names a community and a verdict."""

    code = "table.no_header"
    zh = "表中没有可识别的表头：须有“社区”和“结论”两列"
    en = "no header was found: a column for the community (社区) and one for the verdict (结论) are needed"


# ---- the city's lists


class RosterMissingError(CertificationError):
    """The list on which this one rests does not exist, or is not the latest of its kind."""

    code = "roster.missing"
    zh = "须先有“{kind_zh}”名单，且以最新的为准"
    en = "rests on a {kind}: there is none, or not this one"


class RosterExistsError(CertificationError):
    """A list of this kind exists already for the level."""

    code = "roster.exists"
    zh = "本级别已有“{kind_zh}”名单"
    en = "there is a {kind} of this level already"


class RosterItemsError(CertificationError):
    """The items do not name what they must. `reason_zh` and `reason_en` say how."""

    code = "roster.items"
    zh = "名单有误：{reason_zh}"
    en = "the list is refused: {reason_en}"


class RosterScoresError(CertificationError):
    """The scores of a ranking do not hold together. `reason_zh` and `reason_en` say how."""

    code = "roster.scores"
    zh = "评分有误：{reason_zh}"
    en = "the scores are refused: {reason_en}"


class RosterTieUnarguedError(CertificationError):
    """One stands behind an equal score, and nobody says why."""

    code = "roster.tie_unargued"
    zh = "第 {position} 名与前一名同分，须说明排后的理由"
    en = "number {position} has the score of the one before it: say why it stands behind"


class RosterUnfinishedError(CertificationError):
    """Applications of the level are still under review, or have not caught up with the list before."""

    code = "roster.unfinished"
    zh = "尚有 {count} 份申请未完成上一环节"
    en = "{count} application(s) have not finished the step before"


class RosterUnrankedError(CertificationError):
    """An application was visited, or visited again, and the ranking does not compare it as it is."""

    code = "roster.unranked"
    zh = "“{community}”考察后未经排序：公示前须重新排序，公示后须先退回或作出不通过的考察结论"
    en = "“{community}” was not ranked since its visit: rank anew before a publicity, return or refuse it after one"


class PublicityOpenError(CertificationError):
    """The publicity has not been closed, or was closed before."""

    code = "publicity.not_closed"
    zh = "公示尚未期满办结"
    en = "the publicity has not been closed"


class PublicityClosedError(CertificationError):
    """The publicity was closed before."""

    code = "publicity.closed"
    zh = "公示已经办结"
    en = "the publicity was closed before"


# ---- what is attested from paper, and what becomes of a certification


class SecondPersonError(CertificationError):
    """What one person has proposed, another one settles."""

    code = "actor.second_person"
    zh = "须由提出人以外的另一人办理"
    en = "is for another person than the one who proposed it"


class ErasureNeedlessError(CertificationError):
    """Nothing personal is kept of the subject."""

    code = "erasure.needless"
    zh = "没有可删除的个人信息"
    en = "There is nothing personal to erase"


class ErasureSettledError(CertificationError):
    """An erasure is settled once, and of a subject one at a time is proposed."""

    code = "erasure.settled"
    zh = "该删除事项已经提出或办结"
    en = "the erasure was proposed or settled before"


class PersonInOfficeError(CertificationError):
    """Who holds a role has a name: roles end first."""

    code = "erasure.person_in_office"
    zh = "该人员仍有任职，须先免职"
    en = "the person still holds a role; it ends first"


class ObjectionOpenError(CertificationError):
    """Whoever decides an objection reads it."""

    code = "erasure.objection_open"
    zh = "该异议尚未办结"
    en = "the objection has not been decided yet"


class LegacyExistsError(CertificationError):
    """There is such a record, or certification, of the community for that year already."""

    code = "legacy.exists"
    zh = "本社区 {year} 年度的此项记录已经存在"
    en = "the community has this record of {year} already"


class LegacyUncertifiedError(CertificationError):
    """An annual review is of a year after the community's certification; that year has none before it."""

    code = "legacy.uncertified"
    zh = "{year} 年以前没有本社区的{level_zh}认定记录，年度复查无所依附"
    en = "no certification as {level} before {year} is recorded of the community: there was nothing to review"


class LegacyReviewedHereError(CertificationError):
    """The year was reviewed on the platform, or lies in the time since it reviews here: paper says nothing of it any more."""

    code = "legacy.reviewed_here"
    zh = "{year} 年度复查应在本平台办理，不能补录"
    en = "the review of {year} is the platform's: no record from paper can be added"


class LegacyDocumentMissingError(CertificationError):
    """No file attached to the community or to the record has the digest that the record names."""

    code = "legacy.document_missing"
    zh = "{year} 年度记录的扫描件尚未上传，请县（市、区）先将其上传至该社区，再行核证"
    en = "the scanned document of this record of {year} is not there: the county uploads it to the community first"


class LegacySettledError(CertificationError):
    """The record was attested or declined before."""

    code = "legacy.settled"
    zh = "该记录已经核证或退回"
    en = "the record was attested or declined before"


class ChangeRefusedError(CertificationError):
    """The certification is not in a state in which this may be done to it."""

    code = "certification.wrong_state"
    zh = "该认定当前{state_zh}，不能{kind_zh}"
    en = "the certification is {state}: to {kind} it is impossible"


class ChangeSettledError(CertificationError):
    """The change was confirmed or declined before."""

    code = "certification.change_settled"
    zh = "该变更已经确认或否决"
    en = "the change was confirmed or declined before"


# ---- draws, register lists and spot checks


class DrawExistsError(CertificationError):
    """The id is another draw's."""

    code = "draw.exists"
    zh = "该抽取编号已被使用，请另取编号"
    en = "a draw of this id exists: take another"


class DrawStandsError(CertificationError):
    """One thing is drawn once: only a void draw is followed by another."""

    code = "draw.stands"
    zh = "该事项已有抽取，不得重复抽取"
    en = "a draw of this stands: it is not drawn again"


class DrawRefusedError(CertificationError):
    """The draw cannot be opened or committed to so. `reason_zh` and `reason_en` say why."""

    code = "draw.refused"
    zh = "不能抽取：{reason_zh}"
    en = "cannot be drawn: {reason_en}"


class DrawStatusError(CertificationError):
    """The draw is not where the act starts from."""

    code = "draw.wrong_status"
    zh = "抽取当前为“{status_zh}”，不能办理“{name}”"
    en = "“{action}” does not start from the status {status} of a draw"


class DrawSameSideError(CertificationError):
    """Two parties of a draw are two persons of two tenants."""

    code = "draw.same_side"
    zh = "抽取的双方须为两个单位的两名人员"
    en = "the parties of a draw are two persons of two tenants"


class DrawRevealedError(CertificationError):
    """The party has revealed."""

    code = "draw.revealed"
    zh = "本方已经公开密数"
    en = "this party has revealed its secret already"


class DrawSecretError(CertificationError):
    """The secret is not the one that was committed to."""

    code = "draw.secret_wrong"
    zh = "密数与本方承诺值不符"
    en = "the secret does not open this party's commitment"


class DrawTurnError(CertificationError):
    """The party that kept silent in an earlier draw reveals first."""

    code = "draw.turn"
    zh = "{party_zh}曾逾期不公开密数，本次须由其先公开"
    en = "the {party} kept silent in an earlier draw: it reveals first"


class DrawRunningError(CertificationError):
    """The time to commit or reveal is not over."""

    code = "draw.running"
    zh = "期限至 {until}，届时方可作废"
    en = "the parties have until {until}: it is not void before"


class RegisterAlteredError(CertificationError):
    """The stored numbers are no longer those that the list's root was made of."""

    code = "register.altered"
    zh = "库存名册编号与账本所记的承诺不符，须由运维人员查明"
    en = "the stored numbers are not those that the ledger's root binds: an operator must look into it"


class SpotCheckAnsweredError(CertificationError):
    """The drawn number was looked up before."""

    code = "spot_check.answered"
    zh = "该编号已有核查结果"
    en = "this number has been answered already"


# ---- people, roles and grants of a tenant


class LoginTakenError(CertificationError):
    """Somebody of the tenant signs in by that login. The login is not repeated."""

    code = "login.taken"
    zh = "该账号已被使用"
    en = "this login is in use"


class RoleMisplacedError(CertificationError):
    """The role is not held over a unit of this kind."""

    code = "role.misplaced"
    zh = "“{role_zh}”的辖区须为{kinds_zh}，不能是{kind_zh}"
    en = "a {role} is held over a {kinds}, not over a {kind}"


class RoleHeldError(CertificationError):
    """The person holds this very role over this very unit."""

    code = "role.held"
    zh = "该人员在此单位已任“{role_zh}”"
    en = "the person is {role} of this unit already"


class RoleOwnError(CertificationError):
    """An administrator would give themselves a role."""

    code = "role.own"
    zh = "不得为本人任职，须由另一名租户管理员办理"
    en = "nobody gives themselves a role: another administrator does"


class RoleEndedError(CertificationError):
    """The role was ended before."""

    code = "role.ended"
    zh = "该任职已经结束"
    en = "the role was ended before"


class LastAdministratorError(CertificationError):
    """Nobody would be left who can administer the tenant."""

    code = "role.last_administrator"
    zh = "不能结束最后一名租户管理员的任职，请先增加另一名"
    en = "the last administrator's role cannot be ended: appoint another first"


class GrantRefusedError(CertificationError):
    """The grant cannot be given to this tenant. `reason_zh` and `reason_en` say why."""

    code = "grant.refused"
    zh = "不能授权：{reason_zh}"
    en = "cannot be granted: {reason_en}"


class GrantExistsError(CertificationError):
    """The same grant is in force."""

    code = "grant.exists"
    zh = "已对该租户作此授权"
    en = "this is granted to that tenant already"


class GrantEndedError(CertificationError):
    """The grant was ended before."""

    code = "grant.ended"
    zh = "该授权已经终止"
    en = "the grant was ended before"


# ---- recording


class NotFoundError(CertificationError):
    """Nothing of that id is here, or not within reach."""

    code = "not_found"
    zh = "未找到：{what_zh}"
    en = "not found: {what}"


class LevelUnknownError(CertificationError):
    """The programme has no such level; it has `levels`."""

    code = "level.unknown"
    zh = "方案中没有级别“{level}”，只有 {levels}"
    en = "the programme has no level {level}; it has {levels}"


class CampaignExistsError(CertificationError):
    """The programme has been opened already."""

    code = "campaign.exists"
    zh = "方案 {programme} 已经启动"
    en = "the programme {programme} has been opened already"


class RequestConflictError(CertificationError):
    """The request id was used by this actor with other arguments."""

    code = "request.conflict"
    zh = "该请求编号已用于另一请求"
    en = "this request id was used with other arguments"


class RequestMalformedError(CertificationError):
    """A request id is 1 to 200 visible ASCII characters."""

    code = "request.malformed"
    zh = "请求编号须为 1 至 200 个可见 ASCII 字符"
    en = "a request id has 1 to 200 visible ASCII characters"


class RequestNotUuidError(CertificationError):
    """Where nobody signs in, a request is known by its id alone, so it must be one that nobody guesses."""

    code = "request.not_uuid"
    zh = "请求编号须为 UUID"
    en = "the request id must be a UUID"


class ActTooLargeError(CertificationError):
    """The act changes more rows than one entry of the ledger can hold: a list of some hundred and forty applications."""

    code = "act.too_large"
    zh = "一次办理的内容过多，账本的一条账目容纳不下"
    en = "the act is too large for one entry of the ledger"


class LedgerKeyChangingError(CertificationError):
    """The log names another key than the one at hand: an operator is changing it, or must finish doing so."""

    code = "ledger.key_changing"
    zh = "账本正在更换密钥，请稍候重试；持续出现时须由运维人员完成更换"
    en = "the ledger is getting another key: try again in a moment; if it lasts, an operator must finish the change"


class LedgerPutBackError(CertificationError):
    """The tenant's stored ledger is behind a head kept outside the database, or contradicts it: an operator must own up to it first."""

    code = "ledger.put_back"
    zh = "账本落后于库外保存的头部或与之不符，暂停办理；须由运维人员查明并作退回声明"
    en = "the ledger is behind the head kept outside the database, or contradicts it: nothing is recorded until an operator has seen to it"
