"""Time tokens as in RFC 3161: a time authority's word that a checkpoint existed at a moment.

    request = make_request(text)                       # SHA-256 over the checkpoint's three lines, a nonce, the certificate asked for
    answer = …                                         # sent and fetched elsewhere
    made = check_answer(request, answer, text, roots)  # when it is fresh: with the nonce
    made = check_token(answer, text, roots)            # for a reader, years later

What is kept is the whole answer (TimeStampResp, DER). It is believed when the authority granted it, its one signer's certificate is for
time stamping and leads to a pinned root, valid at the moment that it names, and the digest is that of the text. It proves that the
checkpoint is not younger than that, not that it is no older. The primitives are those of `rfc3161-client`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.errors import TimeTokenRefusedError, UnusableInputError

MAX_ANSWER: Final = 64 * 1024


def read_authorities(pem: bytes) -> tuple[Certificate, ...]:
    """The root certificates in a PEM file. Raises UnusableInputError."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise UnusableInputError(reason=f"the certificates of a time authority: {error}") from error


def make_request(text: str) -> TimeStampRequest:
    """A request with a fresh nonce for the checkpoint with this text."""
    builder = TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build()


def check_answer(
    request: TimeStampRequest, answer: bytes, text: str, roots: Sequence[Certificate]
) -> datetime:
    """The moment that a fresh answer names. Raises TimeTokenRefusedError."""
    return _check(VerifierBuilder(roots=list(roots), nonce=request.nonce), answer, text)


def check_token(answer: bytes, text: str, roots: Sequence[Certificate]) -> datetime:
    """The moment that a kept answer names (aware, UTC). Raises TimeTokenRefusedError."""
    return _check(VerifierBuilder(roots=list(roots)), answer, text)


def _check(builder: VerifierBuilder, answer: bytes, text: str) -> datetime:
    if len(answer) > MAX_ANSWER:
        raise TimeTokenRefusedError(reason=f"longer than {MAX_ANSWER} bytes")
    try:
        response = decode_timestamp_response(answer)
        if response.as_bytes() != answer:
            raise TimeTokenRefusedError(reason="not in its one encoding")
        builder.build().verify_message(response, text.encode())
        return response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TimeTokenRefusedError(reason=str(error)) from error
