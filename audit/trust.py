"""What an auditor trusts, in one file that did not come from the installation: docs/formats/trust.md.

    {"version": 1,
     "logs": [{"origin": "xingji.example/411602", "keys": ["xingji.example/411602+1a2b3c4d+AX…"]}],
     "witnesses": [{"name": "witness.example/audit", "key": "witness.example/audit+5e6f7a8b+BG…"}],
     "quorum": 1,
     "time_authorities": ["-----BEGIN CERTIFICATE-----…"]}

`logs` pins keys, any of a log's own history; `witnesses` and `quorum` say whose cosignatures a head needs, none by default. Strict: a field
unknown or twice, a log or witness named twice, a key of another name, a quorum that its witnesses cannot make are all refused: a file that is
read wrongly makes trust out of nothing. It holds no secret. White space and the order of the fields are free, for people write it.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from audit.checkpoint import is_origin
from audit.errors import NoteMalformedError, UnusableInputError
from audit.note import VerifierKey, decode_base64, parse_key_line

MAX_TRUST: Final = 1024 * 1024
VERSION: Final = 1
COSIGNATURE: Final = b"\x04"
_PEM: Final = ("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n")


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log and the keys (at least one) that were pinned for it."""

    origin: str
    keys: tuple[VerifierKey, ...]
