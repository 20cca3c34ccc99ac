"""The certificates of time authorities: which are pinned, which signed, and the way from one to the other.

A way leads from the signer's certificate over those in the token to a pinned one, each issued by the next: the name and the signature hold, the issuer
is a certificate authority, may sign certificates, and the way is no longer than it allows. The signer's own may be pinned itself. Critical extensions that
are not known here refuse it (RFC 5280 §4.2). Revocation, names and policies are not judged.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    ExtendedKeyUsage,
    ExtensionNotFound,
    KeyUsage,
    NameOID,
    SubjectKeyIdentifier,
    load_der_x509_certificate,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from audit.der import SEQUENCE, Value, encode, encode_integer
from audit.errors import TimestampRefusedError, UnusableInputError

MALFORMED: Final = "timestamp_malformed"
UNKNOWN: Final = "timestamp_authority_unknown"
PURPOSE: Final = "timestamp_not_for_stamping"
LONGEST: Final = 6
"""Certificates on a way."""
_KNOWN: Final = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
_BROKEN: Final = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, ExtensionNotFound)


def read_authorities(pems: Iterable[str]) -> tuple[Certificate, ...]:
    """The certificates in PEM texts, any number in each. Raises UnusableInputError for none or for what is no certificate."""
    try:
        found = tuple(one for pem in pems for one in load_pem_x509_certificates(pem.encode()))
        for one in found:
            _ = one.extensions, one.public_key()
    except (*_BROKEN, UnicodeEncodeError) as error:
        raise UnusableInputError(reason=f"the certificates of a time authority: {error}") from error
    return found


def read_certificate(data: bytes) -> Certificate:
    """A certificate in a token. Raises TimestampRefusedError."""
    try:
        found = load_der_x509_certificate(data)
        _ = found.extensions, found.public_key(), found.not_valid_after_utc, found.subject, found.issuer
    except Exception as error:  # the library has many for a certificate that anybody may have sent
        raise TimestampRefusedError(finding=MALFORMED, reason=f"a certificate: {error}") from error
    return found


def find_signer(named: Value, certificates: Sequence[Certificate]) -> Certificate:
    """The one certificate that a token's signer is named by. Raises TimestampRefusedError."""
    found = [one for one in certificates if named.body in {_place(one), _key_id(one)}]
    if len(found) != 1:
        raise TimestampRefusedError(finding=MALFORMED, reason="no certificate of the signer, or two")
    return found[0]


def find_path(
    signer: Certificate, certificates: Sequence[Certificate], pinned: Sequence[Certificate]
) -> list[Certificate]:
    """The way from the signer to a pinned certificate, both included. Raises TimestampRefusedError."""
    path = [signer]
    while path[-1] not in pinned:
        issuers = (one for one in (*pinned, *certificates) if one not in path and _issued(path, one))
        issuer = next(issuers, None)
        if issuer is None or len(path) == LONGEST:
            raise TimestampRefusedError(finding=UNKNOWN, reason=name_of(signer))
        path.append(issuer)
    return path


def check_certificates(certificates: Sequence[Certificate], path: Sequence[Certificate]) -> None:
    """Each certificate in a token is on the way or leads on from it: no byte of one is idle. Raises TimestampRefusedError."""
    known = list(path)
    for _ in certificates:
        known += [
            one for one in certificates if one not in known and any(_issued([last], one) for last in known)
        ]
    if any(one not in known for one in certificates) or len(set(certificates)) != len(certificates):
        raise TimestampRefusedError(finding=MALFORMED, reason="a certificate that is of no use")


def check_purpose(signer: Certificate) -> None:
    """It is for time stamping, says so critically, and is for nothing else (RFC 3161 §2.3). Raises TimestampRefusedError."""
    try:
        usage = signer.extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound:
        usage = None
    alone = usage is not None and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    if usage is None or not usage.critical or not alone:
        raise TimestampRefusedError(finding=PURPOSE, reason=name_of(signer))


def name_of(certificate: Certificate) -> str:
    """Its subject's common name, or the whole subject where it has none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def _issued(path: Sequence[Certificate], issuer: Certificate) -> bool:
    """Whether `issuer` issued the last certificate of the path, and may have."""
    try:
        last = path[-1]
        if not isinstance(last.signature_hash_algorithm, SHA256 | SHA384 | SHA512):
            return False
        last.verify_directly_issued_by(issuer)
        basic = issuer.extensions.get_extension_for_class(BasicConstraints).value
        usages = [one.value for one in issuer.extensions if isinstance(one.value, KeyUsage)]
    except _BROKEN:
        return False
    short = basic.path_length is None or len(path) - 1 <= basic.path_length
    known = all(one.oid in _KNOWN for of in (last, issuer) for one in of.extensions if one.critical)
    return basic.ca and short and known and all(one.key_cert_sign for one in usages)


def _place(certificate: Certificate) -> bytes:
    """The content of IssuerAndSerialNumber."""
    return certificate.issuer.public_bytes() + encode_integer(certificate.serial_number)


def _key_id(certificate: Certificate) -> bytes:
    """The subject key identifier; what cannot be one where it has none."""
    try:
        return certificate.extensions.get_extension_for_class(SubjectKeyIdentifier).value.digest
    except ExtensionNotFound:
        return encode(SEQUENCE)
