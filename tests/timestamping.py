"""A real time authority for tests: certificates of its own, `openssl ts` for the tokens, a tiny HTTP server on loopback before it."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    CertificateBuilder,
    ExtendedKeyUsage,
    KeyUsage,
    Name,
    NameAttribute,
    NameOID,
    ObjectIdentifier,
    random_serial_number,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
CONFIG = """\
[tsa]
serial = {folder}/serial
crypto_device = builtin
digests = sha256, sha384, sha512
default_policy = 1.2.3.4.1
signer_digest = sha256
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


def make_key(*, with_rsa: bool = False) -> Key:
    return rsa.generate_private_key(65537, 2048) if with_rsa else ec.generate_private_key(ec.SECP256R1())


def make_certificate(
    name: str,
    key: Key,
    issuer: tuple[Certificate, Key] | None = None,
    *,
    purposes: Sequence[ObjectIdentifier] = (),
    critical: bool = True,
    begins: datetime | None = None,
    ends: datetime | None = None,
    authority: bool = True,
    path_length: int | None = None,
) -> Certificate:
    """One signed by `issuer`, or by itself."""
    now = datetime.now(UTC)
    subject = Name([NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        CertificateBuilder(
            subject_name=subject, public_key=key.public_key(), serial_number=random_serial_number()
        )
        .issuer_name(issuer[0].subject if issuer else subject)
        .not_valid_before(begins or now - timedelta(days=1))
        .not_valid_after(ends or now + timedelta(days=30))
        .add_extension(BasicConstraints(authority, path_length), critical=True)
    )
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    usage = KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
        **uses,
    )
    builder = builder.add_extension(usage, critical=True)
    if purposes:
        builder = builder.add_extension(ExtendedKeyUsage(purposes), critical=critical)
    return builder.sign(issuer[1] if issuer else key, SHA256())


def pem(*certificates: Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


@dataclass
class Tsa:
    """An authority: its root, its signer, and a folder in which `openssl ts` works. `between` are the certificates that go into tokens beside the signer's."""

    folder: Path
    root: Certificate
    root_key: Key
    signer: Certificate
    signer_key: Key
    between: tuple[Certificate, ...] = ()
    ess: str = "sha256"

    @classmethod
    def create(cls, folder: Path, name: str = "tsa", *, with_rsa: bool = False, ess: str = "sha256") -> "Tsa":
        folder.mkdir(parents=True, exist_ok=True)
        root_key, key = make_key(with_rsa=with_rsa), make_key(with_rsa=with_rsa)
        root = make_certificate(f"{name} root", root_key)
        signer = make_certificate(name, key, (root, root_key), purposes=STAMPING, authority=False)
        return cls(folder, root, root_key, signer, key, ess=ess)

    @property
    def pinned(self) -> tuple[Certificate, ...]:
        return (self.root,)

    def answer(self, request: bytes) -> bytes:
        """What `openssl ts -reply` answers."""
        folder = self.folder
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder, ess=self.ess))
        if not (folder / "serial").exists():
            (folder / "serial").write_text("01")
        (folder / "key.pem").write_bytes(
            self.signer_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        (folder / "signer.pem").write_text(pem(self.signer))
        (folder / "chain.pem").write_text(pem(*self.between))
        (folder / "request.tsq").write_bytes(request)
        chain = ("-chain", "chain.pem") if self.between else ()
        openssl(
            folder,
            *("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "request.tsq"),
            *("-signer", "signer.pem", "-inkey", "key.pem", *chain, "-out", "answer.tsr"),
        )
        return (folder / "answer.tsr").read_bytes()

    def accepts(self, token: bytes, note: bytes) -> bool:
        """Whether `openssl ts -verify` takes the bare token for the note, under our root."""
        (self.folder / "token.der").write_bytes(token)
        (self.folder / "note").write_bytes(note)
        (self.folder / "root.pem").write_text(pem(self.root))
        ran = openssl(
            self.folder,
            *("ts", "-verify", "-token_in", "-in", "token.der", "-data", "note", "-CAfile", "root.pem"),
            check=False,
        )
        return ran.returncode == 0


def openssl(folder: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["openssl", *arguments], cwd=folder, check=check, capture_output=True, timeout=20)


@contextmanager
def serving(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """The address of an authority on loopback that answers each request so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/timestamp-query"
            body = answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
