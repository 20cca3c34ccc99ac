"""Errors of the ledger: one base class, a stable `code`, and a safe message in Chinese and English.

They say that something could not be *done* or *read*. What a verification finds wrong in a log is not an
error but a finding: see `audit.verdict`.
"""

from typing import ClassVar


class AuditError(Exception):
    """Base of all refusals of this package. `details` fill the templates; they never hold personal data."""

    code: ClassVar[str] = "audit"
    zh: ClassVar[str] = "账本错误"
    en: ClassVar[str] = "ledger error"

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.en.format(**details))

    @property
    def message_zh(self) -> str:
        """The message for zh-CN readers."""
        return self.zh.format(**self.details)


class NotCanonicalError(AuditError):
    """A value outside our subset of RFC 8785, or bytes that are not the canonical form of what they say."""

    code = "not_canonical"
    zh = "不是规范 JSON：{reason}"
    en = "not canonical JSON: {reason}"


class EntryMalformedError(AuditError):
    """An entry, or a draft of one, breaks the fixed schema of the envelope."""

    code = "entry_malformed"
    zh = "账目格式不符：{field}"
    en = "entry does not follow the schema: {field}"


class EntryTooLargeError(AuditError):
    """An entry is longer than a bundle can frame.

    The caller splits the change or keeps the long part by digest.
    """

    code = "entry_too_large"
    zh = "账目长 {size} 字节，超过上限 {limit} 字节；请拆分，或只记其摘要"
    en = "the entry has {size} bytes, more than the limit of {limit}; split the change or keep it by digest"


class NoteMalformedError(AuditError):
    """A signed note, checkpoint or verifier key is not exactly in its format."""

    code = "note_malformed"
    zh = "签名文书格式不符：{reason}"
    en = "malformed signed note: {reason}"


class NoteUnverifiedError(AuditError):
    """A well-formed note carries no valid signature by the pinned key.

    `reason` is `key_unknown` or `signature_wrong`.
    """

    code = "note_unverified"
    zh = "文书没有所持公钥的有效签名：{reason}"
    en = "the note has no valid signature by the pinned key: {reason}"


class OriginUnknownError(AuditError):
    """A checkpoint is of a log that is not known here."""

    code = "origin_unknown"
    zh = "不认识账本 {origin}"
    en = "the log {origin} is not known here"


class WitnessUnusableError(AuditError):
    """A witness's folder is not as it left it, so it vouches for nothing: a forgetful witness would cosign a second history."""

    code = "witness_unusable"
    zh = "见证人的资料 {path} 无法使用：{reason}。为免为另一段历史作证，不予联署"
    en = "the witness's {path} cannot be used: {reason}; nothing is cosigned, lest it be a second history"


class TreeMalformedError(AuditError):
    """Stored bytes are not the compact range of a tree of the stated size."""

    code = "tree_malformed"
    zh = "树的前沿与大小不符：{reason}"
    en = "malformed tree frontier: {reason}"


class BundleMalformedError(AuditError):
    """An entry bundle's framing is broken. `reason` says how."""

    code = "bundle_malformed"
    zh = "账目包格式不符：{reason}"
    en = "malformed entry bundle: {reason}"


class UnusableInputError(AuditError):
    """What verification was asked to work with cannot be used at all:

    no such folder, no key, a foreign head.
    """

    code = "unusable_input"
    zh = "输入不可用：{reason}"
    en = "unusable input: {reason}"


class InterruptedAuditError(AuditError):
    """Somebody stopped a verification before it came to an answer."""

    code = "interrupted"
    zh = "已中断，未得出结论"
    en = "interrupted: nothing was concluded"


class KeyMissingError(AuditError):
    """The key store holds no key for this origin."""

    code = "key_missing"
    zh = "没有 {origin} 的签名密钥"
    en = "no signing key for {origin}"


class KeyExistsError(AuditError):
    """A key for this origin exists already; it is never overwritten."""

    code = "key_exists"
    zh = "{origin} 的签名密钥已存在"
    en = "a signing key for {origin} exists already"


class KeyUnreadableError(AuditError):
    """The key file does not open with this passphrase, is not Ed25519, or is readable by others."""

    code = "key_unreadable"
    zh = "{origin} 的密钥文件无法使用：{reason}"
    en = "the key file of {origin} cannot be used: {reason}"


class LedgerMissingError(AuditError):
    """The tenant has no ledger, or the transaction is not bound to that tenant."""

    code = "ledger_missing"
    zh = "租户 {tenant_id} 没有账本"
    en = "tenant {tenant_id} has no ledger"


class LedgerExistsError(AuditError):
    """The tenant's ledger was opened before, or its origin is taken."""

    code = "ledger_exists"
    zh = "{origin} 的账本已开立"
    en = "the ledger {origin} has been opened already"


class LedgerBrokenError(AuditError):
    """The stored log does not hold what its head row says: nothing is signed over it."""

    code = "ledger_broken"
    zh = "{origin} 的账本与其头部不符：{reason}"
    en = "the ledger {origin} does not match its head: {reason}"


class ForkRefusedError(AuditError):
    """Another writer took this place in the chain: the head was not locked, or moved since it was read."""

    code = "fork_refused"
    zh = "第 {seq} 号账目的位置已被占用，账本未分叉"
    en = "the place of entry {seq} is taken; the chain was not forked"


class RequestRepeatedError(AuditError):
    """An entry with this actor and request id exists:

    the caller answers with the first receipt or a conflict.
    """

    code = "request_repeated"
    zh = "该请求编号已记账"
    en = "this request id has been recorded already"


class SignerMismatchError(AuditError):
    """The signer is not the one of this ledger's origin."""

    code = "signer_mismatch"
    zh = "签名者 {signer} 不是账本 {origin} 的签名者"
    en = "the signer {signer} is not that of the ledger {origin}"


class SignerRetiredError(AuditError):
    """The log has another key in force than this signer's: it was rotated since, and what this signer wrote would be refuted."""

    code = "signer_retired"
    zh = "密钥 {key} 不是账本 {origin} 的现用密钥"
    en = "the key {key} is not the one in force in the ledger {origin}"


class SignatureMissingError(AuditError):
    """The log's policy wants an officer's signature over this operation, and the draft has none: nothing is signed."""

    code = "signature_missing"
    zh = "{operation} 须有经办人签名"
    en = "{operation} needs an officer's signature"


class NationalMissingError(AuditError):
    """SM2 is asked for, and the extra `sm` or the key is not here."""

    code = "national_missing"
    zh = "缺少国密组件（可选项 sm）或 SM2 密钥"
    en = "SM2 is asked for, but the extra `sm` or the key is not here"


class SigningRefusedError(AuditError):
    """The stored head does not grow from the one kept outside the database: it was put back, or is another history."""

    code = "signing_refused"
    zh = "{origin} 的库存账本不是由数据库之外保存的头部增长而来（{reason}），拒绝签署"
    en = "the stored ledger {origin} does not grow from the head kept outside the database ({reason}): nothing is signed"


class IncarnationNeedlessError(AuditError):
    """The stored ledger grows from the kept head: there is nothing to own up to."""

    code = "incarnation_needless"
    zh = "{origin} 的账本与所存头部一致，无需另起"
    en = "the ledger {origin} grows from the kept head: there is nothing to own up to"


class RowUnsupportedError(AuditError):
    """A table or a value that the row digest does not define."""

    code = "row_unsupported"
    zh = "{table}.{column} 无法计入摘要：{reason}"
    en = "{table}.{column} cannot enter a digest: {reason}"


class ExportRefusedError(AuditError):
    """The target of an export is not an empty folder."""

    code = "export_refused"
    zh = "导出目录不为空：{directory}"
    en = "the export folder is not empty: {directory}"


class TileMalformedError(AuditError):
    """A tile's name or bytes are not exactly as its format has them."""

    code = "tile_malformed"
    zh = "哈希瓦片格式不符：{reason}"
    en = "malformed tile: {reason}"


class NotPublishedError(AuditError):
    """No checkpoint of the log has been published, or none that covers what was asked for."""

    code = "not_published"
    zh = "{origin} 尚无覆盖所求内容的已公布检查点"
    en = "no published checkpoint of {origin} covers this yet"


class PublishingRefusedError(AuditError):
    """The stored log does not grow from what was published of it: nothing more is signed for publication."""

    code = "publishing_refused"
    zh = "{origin} 的库存账本不是由已公布的检查点增长而来（{reason}），拒绝公布"
    en = "the stored ledger {origin} does not grow from its published checkpoint ({reason}): nothing is published"


class QuorumMissingError(AuditError):
    """Fewer witnesses cosigned than the policy asks for: nothing is published; it is tried again."""

    code = "quorum_missing"
    zh = "{origin} 的检查点只有 {found} 个见证（至少 {wanted} 个），暂不公布"
    en = "{found} of at least {wanted} witnesses cosigned the checkpoint of {origin}: it is not published yet"


class RecordingRefusedError(AuditError):
    """A county's published checkpoint does not grow from what its city's log recorded of it: it is not recorded."""

    code = "recording_refused"
    zh = "{origin} 的检查点不是由市级账本所记增长而来（{reason}），不予记录"
    en = "the checkpoint of {origin} does not grow from what the city's log recorded ({reason}): it is not recorded"


class DerMalformedError(AuditError):
    """Bytes are not the one DER encoding of what they should say."""

    code = "der_malformed"
    zh = "不是规范的 DER 编码：{reason}"
    en = "not in DER as it must be: {reason}"


class TimestampRefusedError(AuditError):
    """A time token does not prove what it should. `finding` names it in `audit.verdict`."""

    code = "timestamp_refused"
    zh = "时间戳不被接受：{finding}（{reason}）"
    en = "the time token is refused: {finding} ({reason})"
