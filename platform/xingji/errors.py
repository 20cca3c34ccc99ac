"""Errors of the platform: what an operator can set right.

Each has a stable `code` and a message in Chinese and English that is safe to show: no password, no row. A
refusal of the domain is not here; it belongs to the package whose rule it is.
"""

from typing import ClassVar


class XingjiError(Exception):
    """The base of all errors that the command line prints instead of a traceback."""

    code: ClassVar[str] = "xingji"
    zh: ClassVar[str] = "出错了。"
    en: ClassVar[str] = "Something went wrong."

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.en.format(**details))

    @property
    def message_zh(self) -> str:
        return self.zh.format(**self.details)

    @property
    def message_en(self) -> str:
        return self.en.format(**self.details)


class SettingInvalidError(XingjiError):
    """A setting or argument cannot be read as what it should be."""

    code = "setting-invalid"
    zh = "设置 {name} 无效：{reason}"
    en = "The setting {name} is invalid: {reason}"


class DocumentsInvalidError(XingjiError):
    """A trusted document, or the file of them, does not hold."""

    code = "documents-invalid"
    zh = "登记的查询文本 {name} 无效：{reason}"
    en = "The trusted document {name} is invalid: {reason}"


class MigratorUrlMissingError(XingjiError):
    """An outside database is named for the application, but none for the owner of its schema."""

    code = "migrator-url-missing"
    zh = "使用外部数据库时，此命令需要 XINGJI_MIGRATOR_URL（表的所有者）。"
    en = "With an outside database this command needs XINGJI_MIGRATOR_URL (the owner of the tables)."


class BackupUrlMissingError(XingjiError):
    """An outside database is to be backed up, but no role is named that reads every row."""

    code = "backup-url-missing"
    zh = "使用外部数据库时，备份需要 XINGJI_BACKUP_URL（可读取全部行的角色，见 deploy/roles.sql）。"
    en = "With an outside database a backup needs XINGJI_BACKUP_URL (a role that reads every row: deploy/roles.sql)."


class ToolMissingError(XingjiError):
    """No program of PostgreSQL is new enough for the server."""

    code = "tool-missing"
    zh = "找不到 {major} 或更新版本的 {tool}。可设置 XINGJI_PG_BINDIR。"
    en = "No {tool} of version {major} or newer was found. Set XINGJI_PG_BINDIR."


class ToolFailedError(XingjiError):
    """A program of PostgreSQL ended with an error."""

    code = "tool-failed"
    zh = "{tool} 失败：{reason}"
    en = "{tool} failed: {reason}"


class BackupExistsError(XingjiError):
    """A backup is never overwritten."""

    code = "backup-exists"
    zh = "{directory} 已存在，未作改动。"
    en = "{directory} exists: nothing was changed."


class BackupBrokenError(XingjiError):
    """The folder is not a whole backup as it was made."""

    code = "backup-broken"
    zh = "{directory} 不是完整的备份：{reason}"
    en = "{directory} is not a whole backup: {reason}"


class RestoreRefusedError(XingjiError):
    """Something would be overwritten."""

    code = "restore-refused"
    zh = "{what} 不为空；如确要替换，请加 --replace。"
    en = "{what} is not empty; to replace it, say --replace."


class VaultNotRenewedError(XingjiError):
    """The former passphrase of the vault is still needed: a rotation was cut, or an older backup was restored."""

    code = "vault-not-renewed"
    zh = "仍有密钥需要轮换前的口令。请先运行 xingji vault rotate。"
    en = "Keys still need the former passphrase. Run xingji vault rotate first."


class StoreFailedError(XingjiError):
    """The store of files does not answer, or refuses."""

    code = "store-failed"
    zh = "文件存储不可用：{reason}"
    en = "The store of files is not available: {reason}"


class PostgresMissingError(XingjiError):
    """No PostgreSQL of a supported version was found."""

    code = "postgres-missing"
    zh = (
        "找不到 PostgreSQL {oldest} 至 {newest}。已查找：{searched}。"
        "可安装 postgresql，或设置 XINGJI_PG_BINDIR。"
    )
    en = (
        "No PostgreSQL {oldest} to {newest} was found. Searched: {searched}. "
        "Install postgresql, or set XINGJI_PG_BINDIR."
    )


class PostgresVersionError(XingjiError):
    """The data was made by another major version of PostgreSQL."""

    code = "postgres-version"
    zh = (
        "{data} 由 PostgreSQL {found} 建立，而现有的是 {available}。"
        "请用 XINGJI_PG_BINDIR 指定 {found}，或换一个目录。"
    )
    en = (
        "{data} was made by PostgreSQL {found}, but {available} is here. "
        "Name a {found} with XINGJI_PG_BINDIR, or use another folder."
    )


class PostgresStartError(XingjiError):
    """The server did not start, or did not become ready in time."""

    code = "postgres-start"
    zh = "PostgreSQL 未能启动：{reason}"
    en = "PostgreSQL did not start: {reason}"


class HomeUnusableError(XingjiError):
    """The data folder cannot be used by this user."""

    code = "home-unusable"
    zh = "无法使用数据目录 {home}：{reason}"
    en = "The data folder {home} cannot be used: {reason}"


class SchemaDriftError(XingjiError):
    """The migrated schema is not the one that the tables' definitions say."""

    code = "schema-drift"
    zh = "数据库结构与定义不一致：{differences}"
    en = "The database's schema differs from its definition: {differences}"


class TenantUnknownError(XingjiError):
    """No tenant has this code."""

    code = "tenant-unknown"
    zh = "没有代码为 {tenant} 的租户。"
    en = "There is no tenant with the code {tenant}."


class DomainDiffersError(XingjiError):
    """The tenants' logs are named under another domain, and an origin never changes."""

    code = "domain-differs"
    zh = "此数据库已以其他域名建账（{origin}），不能改用 {domain}。"
    en = "This database was founded under another domain ({origin}), not {domain}."


class HeadKeptError(XingjiError):
    """A ledger is to be founded of which a later head is kept: it had a history, and would get a second one."""

    code = "head-kept"
    zh = (
        "{origin} 已有账本：XINGJI_HEADS（{folder}）中存有其头部，未作改动。请恢复备份；"
        "如确要另立新账，请改用其他域名，或移走该目录。"
    )
    en = (
        "{origin} has a ledger already: its head is kept in XINGJI_HEADS ({folder}), and nothing was changed. Restore a backup; "
        "or, to begin anew, use another domain or move that folder away."
    )


class InstallationExistsError(XingjiError):
    """Every tenant has been founded."""

    code = "installation-exists"
    zh = "此数据库的 {tenants} 个租户均已启用，未作改动。"
    en = "All {tenants} tenants of this database have been founded: nothing was changed."


class DemoFailedError(XingjiError):
    """The demonstration did not go as it must."""

    code = "demo-failed"
    zh = "演示未按预期进行：{reason}"
    en = "The demonstration did not go as it must: {reason}"
