"""Time tokens as in RFC 3161, read strictly: what an authority signed, over which digest, at which moment.

    ContentInfo { id-signedData, [0] SignedData { 3, {digest algorithm}, { id-ct-TSTInfo, [0] OCTETS TSTInfo },
                  [0] certificates, { SignerInfo } } }

What an authority sends may hold more than it signed: other certificates, revocation lists, unsigned attributes. `parse_token` leaves them out,
and `format_token` writes the one form that is kept and exported: RFC 5652 in DER, the certificates in the order of their bytes, one name a
signature algorithm. A reader takes a token only if it is in that form, so whatever byte of it is changed shows. Nothing is believed here: `audit.timestamp` judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.der import (
    BOOLEAN,
    CONSTRUCTED,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    PRIMITIVE,
    SEQUENCE,
    SET,
    TIME,
    Fields,
    Value,
    encode,
    encode_integer,
    encode_oid,
    encode_set,
    parse_integer,
    parse_time,
    parse_value,
    parse_values,
)
from audit.errors import DerMalformedError

MAX_TOKEN: Final = 32 * 1024
MAX_ANSWER: Final = 64 * 1024
SIGNED_DATA: Final = encode_oid("1.2.840.113549.1.7.2")
TST_INFO: Final = encode_oid("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE: Final = encode_oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = encode_oid("1.2.840.113549.1.9.4")
CERTIFICATE_V1: Final = encode_oid("1.2.840.113549.1.9.16.2.12")
CERTIFICATE_V2: Final = encode_oid("1.2.840.113549.1.9.16.2.47")
DIGESTS: Final = {
    encode_oid("2.16.840.1.101.3.4.2.1"): "sha256",
    encode_oid("2.16.840.1.101.3.4.2.2"): "sha384",
    encode_oid("2.16.840.1.101.3.4.2.3"): "sha512",
}
_RSA: Final = encode_oid("1.2.840.113549.1.1.1")
RSA: Final = {
    _RSA: None,
    encode_oid("1.2.840.113549.1.1.11"): "sha256",
    encode_oid("1.2.840.113549.1.1.12"): "sha384",
    encode_oid("1.2.840.113549.1.1.13"): "sha512",
}
ECDSA: Final = {
    encode_oid("1.2.840.10045.4.3.2"): "sha256",
    encode_oid("1.2.840.10045.4.3.3"): "sha384",
    encode_oid("1.2.840.10045.4.3.4"): "sha512",
}
_NULL: Final = encode(NULL)


@dataclass(frozen=True, slots=True)
class Info:
    """What was signed: digest algorithm and digest of what is stamped, the moment, the asker's nonce."""

    algorithm: bytes
    digest: bytes
    time: datetime
    nonce: int | None


@dataclass(frozen=True, slots=True)
class Token:
    """A token without what nobody signed. `signer` is what names its certificate; names of algorithms are OIDs, encoded."""

    content: bytes
    info: Info
    certificates: tuple[bytes, ...]
    signer: Value
    digest_name: bytes
    attributes: bytes
    signature_name: bytes
    signature: bytes


def parse_answer(answer: bytes) -> bytes:
    """The token in a TimeStampResp that grants one. Raises DerMalformedError; of a refusal, saying so."""
    if len(answer) > MAX_ANSWER:
        raise DerMalformedError(reason="too long")
    whole = Fields(parse_value(answer, SEQUENCE), SEQUENCE)
    status = parse_integer(Fields(whole.take(SEQUENCE), SEQUENCE).take(INTEGER))
    if status not in {0, 1}:
        raise DerMalformedError(reason=f"the authority refused: status {status}")
    token = whole.take(SEQUENCE)
    whole.end()
    return token.encode()


def format_request(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq over a SHA-256 digest, which asks for the certificates."""
    sha256 = encode(SEQUENCE, next(iter(DIGESTS)), _NULL)
    imprint = encode(SEQUENCE, sha256, encode(OCTETS, digest))
    return encode(SEQUENCE, encode_integer(1), imprint, encode_integer(nonce), encode(BOOLEAN, b"\xff"))


def parse_token(data: bytes) -> Token:
    """Read a token. Raises DerMalformedError."""
    if len(data) > MAX_ANSWER:
        raise DerMalformedError(reason="too long")
    outer = Fields(parse_value(data, SEQUENCE), SEQUENCE)
    _expect(outer, SIGNED_DATA)
    (inner,) = _one(outer.take(CONSTRUCTED), SEQUENCE)
    outer.end()
    signed = Fields(inner, SEQUENCE)
    signed.take(INTEGER)
    signed.take(SET)
    inside = Fields(signed.take(SEQUENCE), SEQUENCE)
    _expect(inside, TST_INFO)
    (content,) = _one(inside.take(CONSTRUCTED), OCTETS)
    inside.end()
    certificates = signed.find(CONSTRUCTED)
    signed.find(CONSTRUCTED + 1)
    (signer,) = _one(signed.take(SET), SEQUENCE)
    signed.end()
    return _read_signer(
        Fields(signer, SEQUENCE),
        content.body,
        () if certificates is None else tuple(one.encode() for one in parse_values(certificates.body)),
    )


def format_token(token: Token) -> bytes:
    """The one form of a token."""
    digest = encode(SEQUENCE, token.digest_name, _NULL)
    rsa = token.signature_name in RSA
    inside = encode(SEQUENCE, TST_INFO, encode(CONSTRUCTED, encode(OCTETS, token.content)))
    signer = encode(
        SEQUENCE,
        encode_integer(1 if token.signer.tag == SEQUENCE else 3),
        token.signer.encode(),
        digest,
        encode(CONSTRUCTED, token.attributes),
        encode(SEQUENCE, _RSA if rsa else token.signature_name, _NULL if rsa else b""),
        encode(OCTETS, token.signature),
    )
    certificates = encode(CONSTRUCTED, *sorted(token.certificates))
    whole = encode(
        SEQUENCE, encode_integer(3), encode(SET, digest), inside, certificates, encode(SET, signer)
    )
    return encode(SEQUENCE, SIGNED_DATA, encode(CONSTRUCTED, whole))


def parse_attributes(token: Token) -> Mapping[bytes, Value]:
    """The signed attributes, each once and with one value, by OID. Raises DerMalformedError."""
    members = parse_values(token.attributes)
    if encode_set(one.encode() for one in members) != encode(SET, token.attributes):
        raise DerMalformedError(reason="the order of the signed attributes")
    found: dict[bytes, Value] = {}
    for member in members:
        fields = Fields(member, SEQUENCE)
        name = fields.take(OID).encode()
        values = parse_values(fields.take(SET).body)
        fields.end()
        if len(values) != 1 or name in found:
            raise DerMalformedError(reason="a signed attribute")
        found[name] = values[0]
    return found


def _read_signer(fields: Fields, content: bytes, certificates: tuple[bytes, ...]) -> Token:
    fields.take(INTEGER)
    signer = fields.find(SEQUENCE) or fields.take(PRIMITIVE)
    digest_name = _algorithm(fields.take(SEQUENCE))
    attributes = fields.take(CONSTRUCTED).body
    signature_name = _algorithm(fields.take(SEQUENCE))
    signature = fields.take(OCTETS).body
    fields.find(CONSTRUCTED + 1)
    fields.end()
    if digest_name not in DIGESTS:
        raise DerMalformedError(reason="a digest that is not known here")
    if RSA.get(signature_name) not in {None, DIGESTS[digest_name]}:
        raise DerMalformedError(reason="two digests")
    info = _read_info(content)
    return Token(content, info, certificates, signer, digest_name, attributes, signature_name, signature)


def _read_info(content: bytes) -> Info:
    """TSTInfo. The policy, serial number, accuracy and name of the authority are not judged."""
    fields = Fields(parse_value(content, SEQUENCE), SEQUENCE)
    if parse_integer(fields.take(INTEGER)) != 1:
        raise DerMalformedError(reason="a version")
    fields.take(OID)
    imprint = Fields(fields.take(SEQUENCE), SEQUENCE)
    algorithm, digest = _algorithm(imprint.take(SEQUENCE)), imprint.take(OCTETS).body
    imprint.end()
    parse_integer(fields.take(INTEGER))
    time = parse_time(fields.take(TIME))
    fields.find(SEQUENCE)
    fields.find(BOOLEAN)
    nonce = fields.find(INTEGER)
    fields.find(CONSTRUCTED)
    _check_extensions(fields.find(CONSTRUCTED + 1))
    fields.end()
    return Info(algorithm, digest, time, None if nonce is None else parse_integer(nonce))


def _check_extensions(extensions: Value | None) -> None:
    for one in () if extensions is None else parse_values(extensions.body):
        fields = Fields(one, SEQUENCE)
        fields.take(OID)
        if fields.find(BOOLEAN) is not None:
            raise DerMalformedError(reason="a critical extension")


def _algorithm(value: Value) -> bytes:
    """The OID of an AlgorithmIdentifier whose parameters are absent or NULL."""
    fields = Fields(value, SEQUENCE)
    name, parameters = fields.take(OID), fields.find(NULL)
    fields.end()
    if parameters is not None and parameters.body:
        raise DerMalformedError(reason="parameters of an algorithm")
    return name.encode()


def _expect(fields: Fields, oid: bytes) -> None:
    if fields.take(OID).encode() != oid:
        raise DerMalformedError(reason="another kind of content")


def _one(value: Value, tag: int) -> tuple[Value]:
    return (parse_value(value.body, tag),)
