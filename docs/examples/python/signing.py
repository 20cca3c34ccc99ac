"""The officer's signature over an intent, as DSSE: what the second call of a signed act carries."""

import base64
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

KIND = b"application/vnd.xingji.intent+json"


def sign_intent(path: Path, intent: str, application_id: str, request_id: str) -> dict[str, Any]:
    """Show the intent, see that it is of this request, sign its very bytes. Raises ValueError for another's."""
    meant = json.loads(intent)
    if meant["request"] != request_id or not application_id.endswith(meant["subject"]["id"]):
        raise ValueError("the intent is of another act")
    print(json.dumps(meant, ensure_ascii=False, indent=2), file=sys.stderr)
    key = load_pem_private_key(path.read_bytes(), os.environ["XINGJI_OFFICER_PASSPHRASE"].encode())
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    body = intent.encode()
    signature = key.sign(b"DSSEv1 %d %b %d %b" % (len(KIND), KIND, len(body), body))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    digits = hashlib.sha256(public).hexdigest()
    given = {"key": digits, "sig": base64.b64encode(signature).decode(), "expires": meant["expires"]}
    return {"officerSignature": given}
