"""Judging a time token: that a published note existed at a moment, by the word of an authority whose certificate is pinned.

    request = make_request(note, nonce)                        # sent elsewhere
    token = take_answer(answer, note, nonce, authorities)      # fresh: granted, with our nonce, in the form that is kept
    stamp = check_token(token, note, authorities)              # for a reader, years later

Numbered steps, bounds first:
1. the token is in its one form (`audit.timetoken`);
2. it is over SHA-256 of the whole note, cosignatures included;
3. its signer's certificate is in it, and leads to a pinned one (`audit.authority`);
4. the signed attributes name what was signed, and that certificate; the signature holds;
5. that certificate is for time stamping and nothing else, and every certificate on the way was valid at the moment that the token names.

It proves that the note is not younger than that moment, to whoever trusts the authority; nothing of whether it is older. Whether a
certificate was revoked is not asked, for that needs the network.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import Certificate

from audit.authority import (
    check_certificates,
    check_purpose,
    find_path,
    find_signer,
    name_of,
    read_certificate,
)
from audit.der import OCTETS, SEQUENCE, SET, Fields, Value, encode, parse_values
from audit.errors import DerMalformedError, TimestampRefusedError
from audit.timetoken import (
    CERTIFICATE_V1,
    CERTIFICATE_V2,
    CONTENT_TYPE,
    DIGESTS,
    ECDSA,
    MAX_TOKEN,
    MESSAGE_DIGEST,
    RSA,
    TST_INFO,
    Token,
    format_request,
    format_token,
    parse_answer,
    parse_attributes,
    parse_token,
)

MALFORMED: Final = "timestamp_malformed"
OTHER_BYTES: Final = "timestamp_of_other_bytes"
SIGNATURE: Final = "timestamp_signature_wrong"
VALIDITY: Final = "timestamp_out_of_validity"
_HASHES: Final[dict[str, type[HashAlgorithm]]] = {"sha256": SHA256, "sha384": SHA384, "sha512": SHA512}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token proves: a moment (aware, UTC), and whose word it is."""

    time: datetime
    authority: str


def make_request(note: bytes, nonce: int) -> bytes:
    """The request for a note, in DER; the nonce is fresh and not guessable."""
    return format_request(hashlib.sha256(note).digest(), nonce)


def take_answer(answer: bytes, note: bytes, nonce: int, authorities: Sequence[Certificate]) -> bytes:
    """The token of a fresh answer, in the form that is kept, which holds. Raises TimestampRefusedError."""
    try:
        token = parse_token(parse_answer(answer))
    except DerMalformedError as error:
        raise _refused(MALFORMED, error) from error
    if token.info.nonce != nonce:
        raise TimestampRefusedError(finding=MALFORMED, reason="the nonce is not ours")
    certificates = tuple(read_certificate(one) for one in token.certificates)
    path = find_path(find_signer(token.signer, certificates), certificates, authorities)
    needed = (path[0], *path[1:-1])
    named = [data for data, one in zip(token.certificates, certificates, strict=True) if one in needed]
    kept = format_token(replace(token, certificates=tuple(named)))
    check_token(kept, note, authorities)
    return kept


def check_token(data: bytes, note: bytes, authorities: Sequence[Certificate]) -> Stamp:
    """What a kept token proves of the note. Raises TimestampRefusedError, which names the finding."""
    try:
        if len(data) > MAX_TOKEN:
            raise DerMalformedError(reason="too long")
        token = parse_token(data)
        if format_token(token) != data:
            raise DerMalformedError(reason="not in its one form")
        attributes = parse_attributes(token)
    except DerMalformedError as error:
        raise _refused(MALFORMED, error) from error
    if DIGESTS.get(token.info.algorithm) != "sha256" or not hmac.compare_digest(
        token.info.digest, hashlib.sha256(note).digest()
    ):
        raise TimestampRefusedError(finding=OTHER_BYTES, reason="SHA-256")
    certificates = tuple(read_certificate(one) for one in token.certificates)
    signer = find_signer(token.signer, certificates)
    path = find_path(signer, certificates, authorities)
    check_certificates(certificates, path)
    try:
        _check_attributes(token, attributes, token.certificates[certificates.index(signer)])
        _check_signature(token, signer)
    except (DerMalformedError, InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise _refused(SIGNATURE, error) from error
    check_purpose(signer)
    time = token.info.time
    for one in path:
        if not one.not_valid_before_utc <= time <= one.not_valid_after_utc:
            raise TimestampRefusedError(finding=VALIDITY, reason=name_of(one))
    return Stamp(time, name_of(signer))


def _check_attributes(token: Token, attributes: Mapping[bytes, Value], signer: bytes) -> None:
    """They say the content's type, its digest, and the certificate."""
    digest = hashlib.new(DIGESTS[token.digest_name], token.content).digest()
    said = {name: attributes[name].encode() for name in (CONTENT_TYPE, MESSAGE_DIGEST) if name in attributes}
    if said != {CONTENT_TYPE: TST_INFO, MESSAGE_DIGEST: encode(OCTETS, digest)}:
        raise DerMalformedError(reason="the signed attributes")
    named = [name for name in (CERTIFICATE_V1, CERTIFICATE_V2) if name in attributes]
    if not named:
        raise DerMalformedError(reason="no certificate is named")
    for name in named:
        whole = Fields(attributes[name], SEQUENCE).take(SEQUENCE)
        first = Fields(parse_values(whole.body)[0], SEQUENCE)
        kind = "sha1" if name == CERTIFICATE_V1 else "sha256"
        if name == CERTIFICATE_V2 and (algorithm := first.find(SEQUENCE)) is not None:
            kind = DIGESTS.get(parse_values(algorithm.body)[0].encode(), "")
        if first.take(OCTETS).body != hashlib.new(kind, signer).digest():
            raise DerMalformedError(reason="another certificate is named")


def _check_signature(token: Token, signer: Certificate) -> None:
    key, name, signed = signer.public_key(), token.signature_name, encode(SET, token.attributes)
    if name in RSA and isinstance(key, RSAPublicKey):
        key.verify(token.signature, signed, PKCS1v15(), _HASHES[DIGESTS[token.digest_name]]())
    elif name in ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(token.signature, signed, ec.ECDSA(_HASHES[ECDSA[name]]()))
    else:
        raise UnsupportedAlgorithm("a signature that is not known here")


def _refused(finding: str, error: Exception) -> TimestampRefusedError:
    return TimestampRefusedError(finding=finding, reason=str(error) or type(error).__name__)
