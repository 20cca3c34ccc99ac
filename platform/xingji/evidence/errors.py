"""What is refused about a file, each with a stable code and both languages. None repeats a byte or a name of the file."""

from __future__ import annotations


class EvidenceError(Exception):
    """Base of all refusals of a file; `details` fill the templates."""

    code: str = "evidence.refused"
    zh: str = "不能接收该文件"
    en: str = "the file cannot be taken"

    def __init__(self, **details: object) -> None:
        self.details = details
        self.zh = type(self).zh.format(**details)
        self.en = type(self).en.format(**details)
        super().__init__(self.en)


class FileTooLargeError(EvidenceError):
    """More bytes than one file may have."""

    code = "evidence.too_large"
    zh = "文件超过 {limit} 字节"
    en = "the file has more than {limit} bytes"


class FileTypeError(EvidenceError):
    """The bytes are of no kind that is taken; what the client calls them does not count."""

    code = "evidence.type"
    zh = "只接收 JPEG、PNG、PDF、DOCX、XLSX 文件（以文件内容为准）"
    en = "only JPEG, PNG, PDF, DOCX and XLSX are taken, as the bytes say"


class FileDamagedError(EvidenceError):
    """The bytes begin like a kind that is taken and do not hold together."""

    code = "evidence.damaged"
    zh = "文件已损坏或不完整"
    en = "the file is damaged or not whole"


class FileBombError(EvidenceError):
    """Unpacked, the file would be out of all proportion. `what` says which bound it breaks."""

    code = "evidence.bomb"
    zh = "文件展开后过大"
    en = "unpacked, the file is too large"


class ArchiveRefusedError(EvidenceError):
    """An office file holds names, encryption or programs that none should."""

    code = "evidence.archive"
    zh = "Office 文件内含不允许的内容（路径、加密或宏）"
    en = "the office file holds what it may not: paths, encryption or macros"


class FileTooHardError(EvidenceError):
    """Looking at the file took longer, or more memory, than a file may take."""

    code = "evidence.too_hard"
    zh = "文件处理超时，未接收"
    en = "looking at the file took too long"


class FileMissingError(EvidenceError):
    """The store does not have the file that a row names, or has other bytes."""

    code = "evidence.missing"
    zh = "存储中没有该文件，或文件已被改动"
    en = "the store does not hold the file, or holds other bytes"


class StoreUnavailableError(EvidenceError):
    """The store cannot be reached or cannot write."""

    code = "evidence.store"
    zh = "文件存储暂不可用"
    en = "the store of files is not available"


REFUSALS = {
    one.code: one
    for one in (
        FileTooLargeError,
        FileTypeError,
        FileDamagedError,
        FileBombError,
        ArchiveRefusedError,
        FileTooHardError,
        StoreUnavailableError,
    )
}
"""What looking at a file may answer, by code."""
