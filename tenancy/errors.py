"""What tenancy refuses, each with a stable code and a message safe to show in Chinese and English.

A class holds its templates in `zh` and `en`; an instance holds them filled in. `InvariantError` is our own
mistake, never a user's: the boundary masks it. Nothing here knows HTTP or GraphQL.
"""

from __future__ import annotations


class TenancyError(Exception):
    """Base of everything that tenancy refuses; `details` fill the templates."""

    code: str = "tenancy.error"
    zh: str = "租户操作失败"
    en: str = "The tenancy operation failed"

    def __init__(self, **details: object) -> None:
        self.details = details
        self.zh = type(self).zh.format(**details)
        self.en = type(self).en.format(**details)
        super().__init__(self.en)


class InvariantError(TenancyError):
    """Our own code broke a rule of this package; masked at the boundary."""

    code = "tenancy.invariant"
    zh = "内部错误：{what}"
    en = "Internal error: {what}"


class InvalidScopeError(TenancyError):
    """A tenant number that is not a positive 32-bit integer was to be bound."""

    code = "tenancy.scope.invalid"
    zh = "租户编号无效"
    en = "The tenant number is not valid"


class ForeignRowError(TenancyError):
    """A row of another tenant was handed to a transaction bound to this one."""

    code = "tenancy.row.foreign"
    zh = "该数据不属于当前县（市、区）"
    en = "The row belongs to another tenant"


class RowNotFoundError(TenancyError, LookupError):
    """No row, or none that this reader may see: the two are never told apart."""

    code = "tenancy.row.not_found"
    zh = "记录不存在或无权查看"
    en = "The record does not exist or may not be seen"


class SignInError(TenancyError):
    """Unknown tenant, unknown login, wrong password or locked: one answer for all."""

    code = "tenancy.sign_in.refused"
    zh = "账号或密码错误，或账号已暂时锁定"
    en = "The login or password is wrong, or the account is locked for a while"


class TokenError(TenancyError):
    """A token that was not ours, was altered, has expired or names a key no longer kept."""

    code = "tenancy.token.refused"
    zh = "登录凭证无效或已过期，请重新登录"
    en = "The token is not valid or has expired; sign in again"


class UnknownDivisionError(TenancyError, LookupError):
    """A code that the division file does not hold."""

    code = "tenancy.division.unknown"
    zh = "没有代码为{division}的区划"
    en = "There is no division with the code {division}"


class ThrottledError(TenancyError):
    """Too many tries from one place, or in all; `seconds` says after how long the next one is heard."""

    code = "throttle.exceeded"
    zh = "操作过于频繁，请在 {seconds} 秒后再试"
    en = "Too many tries: the next one is heard in {seconds} seconds"


class PasswordRefusedError(TenancyError):
    """The old password is wrong, or the login is locked: one answer for both."""

    code = "tenancy.password.refused"
    zh = "原密码错误，或账号已暂时锁定"
    en = "The old password is wrong, or the account is locked for a while"


class WeakPasswordError(TenancyError):
    """A password too short to keep or too long to hash."""

    code = "tenancy.password.length"
    zh = "密码长度应为{shortest}至{longest}个字符"
    en = "A password has {shortest} to {longest} characters"


class VaultError(TenancyError):
    """A key of the vault is there and cannot be used: a wrong passphrase, a damaged file, a mode that lets others read."""

    code = "tenancy.vault.unusable"
    zh = "密钥库的密钥 {kek} 无法使用：{reason_zh}"
    en = "The vault's key {kek} cannot be used: {reason_en}"


class UnopenableError(TenancyError):
    """A sealed value or key that does not open: changed, moved to another place, or sealed under a key that is not here."""

    code = "tenancy.personal.unopenable"
    zh = "个人信息无法解密：内容被改动或移动，或密钥不在"
    en = "A personal value does not open: it was changed or moved, or its key is not here"
