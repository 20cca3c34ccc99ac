"""Refusals about officers' keys and signatures: what certification/errors.py says of its own holds here."""

from __future__ import annotations

from certification.errors import CertificationError


class SignatureRequiredError(CertificationError):
    """The act needs the officer's signature, or it was asked what is to be signed. `details["intent"]` is that, byte for byte."""

    code = "signature.required"
    zh = "须以本人密钥签名：请核对所附内容，签名后以同一请求编号再次提交"
    en = "sign it with your own key: read what is attached, sign it, and send the same request again"


class SignatureStaleError(CertificationError):
    """The signature does not hold over what would be recorded now: something has changed since, or it is for something else."""

    code = "signature.stale"
    zh = "签名与现在要记录的内容不符（情况已变，或签的是别的内容），请重新核对后签名"
    en = "the signature does not hold over what would be recorded now: look at it again and sign anew"


class SignatureExpiredError(CertificationError):
    """The signature's end has come, or lies further ahead than any that was offered."""

    code = "signature.expired"
    zh = "签名已过期或期限过长，请重新签名"
    en = "the signature has expired, or names an end too far ahead: sign anew"


class SignatureKeyError(CertificationError):
    """The key is not in force for this person."""

    code = "signature.key"
    zh = "该密钥不是本人现用的已认证密钥"
    en = "this key is not your certified key in force"


class KeyProofError(CertificationError):
    """The proof does not show that the caller holds the key."""

    code = "officer_key.proof"
    zh = "密钥持有证明无效"
    en = "the proof does not show that you hold this key"


class KeyKnownError(CertificationError):
    """The key was enrolled before; a key is never declared twice."""

    code = "officer_key.known"
    zh = "该密钥已登记过"
    en = "this key has been enrolled before"


class KeyStateError(CertificationError):
    """The key is not where the action starts from. `reason_zh` and `reason_en` say why."""

    code = "officer_key.wrong_state"
    zh = "该密钥不能“{name}”：{reason_zh}"
    en = "{action} does not start from there: {reason_en}"


class KeySamePersonError(CertificationError):
    """A key is certified by two persons, and neither is its officer."""

    code = "officer_key.same_person"
    zh = "密钥须由本人以外的两名不同管理员先后核证"
    en = "a key is vouched for by two different administrators, and neither is its officer"


class PolicyRefusedError(CertificationError):
    """The policy cannot be so. `reason_zh` and `reason_en` say why."""

    code = "signing_policy.refused"
    zh = "签名规定不成立：{reason_zh}"
    en = "the signing policy is refused: {reason_en}"


class PolicySamePersonError(CertificationError):
    """What asks for fewer signatures needs a second administrator."""

    code = "signing_policy.same_person"
    zh = "放宽签名要求须由提出人以外的另一名管理员确认"
    en = "asking for fewer signatures is confirmed by another administrator than the one who proposed it"
