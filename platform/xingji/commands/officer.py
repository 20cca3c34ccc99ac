"""`xingji officer …`: an officer's key in a file, and signing with it. A client: it asks no server and touches no database.

    xingji officer key new KEY.pem                                make a key, encrypted under the passphrase in XINGJI_OFFICER_PASSPHRASE
    xingji officer key show KEY.pem [--origin O --person UUID]    its digits and public half; with both, what `enrolOfficerKey` wants
    xingji officer sign KEY.pem [INTENT]                          show what is to be signed, and print the request's extension

`sign` reads the `intent` of a refusal `signature.required` from a file or standard input, shows it on standard error, and prints
`{"officerSignature": …}`, to be sent as `extensions` with the very same mutation and requestId. Read what is shown: it is what you vouch for.
"""

import argparse
import getpass
import json
import os
import secrets
import sys
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from audit.canonical import parse_canonical
from audit.commands import report_unusable
from audit.dsse import INTENT, officer_key_id, pae, possession_pae
from audit.entry import MAX_ENTRY
from audit.errors import AuditError, UnusableInputError
from audit.note import encode_base64
from xingji.commands import Commands
from xingji.settings import Settings

PASSPHRASE = "XINGJI_OFFICER_PASSPHRASE"  # noqa: S105 - the variable's name


def add_parser(commands: Commands) -> None:
    """Add `officer` and its subcommands."""
    text = "工作人员的密钥与签名 · an officer's key, and signing with it"
    parser = commands.add_parser("officer", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    key = actions.add_parser("key", help="生成、查看密钥 · make or show a key")
    kinds = key.add_subparsers(dest="kind", required=True, metavar="ACTION")
    new = kinds.add_parser("new", help="生成密钥文件 · make a key file")
    show = kinds.add_parser("show", help="指纹与公钥 · its digits and public half")
    show.add_argument("--origin", metavar="ORIGIN", help="所在账本 · the log of one's own tenant")
    show.add_argument("--person", metavar="UUID", type=UUID, help="本人代号 · one's own pseudonym")
    sign = actions.add_parser("sign", help="签署一项办理 · sign an act")
    for action, run in ((new, run_new), (show, run_show), (sign, run_sign)):
        action.add_argument("file", metavar="KEY", type=Path)
        action.set_defaults(run=run)
    sign.add_argument(
        "intent", metavar="INTENT", nargs="?", type=Path, help="待签内容 · default: standard input"
    )


def run_new(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Make a key; never over another file."""
    key = Ed25519PrivateKey.generate()
    try:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_passphrase()))
        _write(arguments.file, pem)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=False)
    print(officer_key_id(_public(key)))
    return 0


def run_show(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Print the digits, the public half, and with origin and person the proof of possession."""
    try:
        key = _load(arguments.file)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=False)
    public = _public(key)
    told = {"key": officer_key_id(public), "publicKey": public.hex()}
    if arguments.origin is not None and arguments.person is not None:
        told["proof"] = key.sign(possession_pae(arguments.origin, arguments.person, public)).hex()
    print(json.dumps(told))
    return 0


def run_sign(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Show the intent, sign it, print the extension."""
    try:
        data = sys.stdin.buffer.read() if arguments.intent is None else arguments.intent.read_bytes()
        intent = parse_canonical(data.removesuffix(b"\n"), MAX_ENTRY)
        if not isinstance(intent, dict) or type(intent.get("expires")) is not str:
            raise UnusableInputError(reason="no intent with an end")
        key = _load(arguments.file)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=False)
    print(json.dumps(intent, ensure_ascii=False, indent=2), file=sys.stderr)
    sig = key.sign(pae(INTENT, data.removesuffix(b"\n")))
    given = {"key": officer_key_id(_public(key)), "sig": encode_base64(sig), "expires": intent["expires"]}
    print(json.dumps({"officerSignature": given}))
    return 0


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), _passphrase())
    except (ValueError, TypeError) as error:
        raise UnusableInputError(reason=f"{path}: wrong passphrase or damaged") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableInputError(reason=f"{path}: not Ed25519")
    return key


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _passphrase() -> bytes:
    given = os.environ.get(PASSPHRASE) or (getpass.getpass("口令 passphrase: ") if sys.stdin.isatty() else "")
    if not given:
        raise UnusableInputError(reason=f"no passphrase: set {PASSPHRASE}")
    return given.encode()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, mode 0600. Raises FileExistsError."""
    fresh = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
