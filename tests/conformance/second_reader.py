"""A second reader of exported logs, from docs/formats/ledger.md and tiles.md alone: it imports nothing of `audit/`.

    read_log(Path("log"), "VKEY[,VKEY]", Path("kept"))      # (True, "SIZE ROOT") or (False, why)

Left out of ledger.md: the form of each value (§3), who may certify or end officers' keys and loosen the policy (§9, the tables), the second
suite (§10: refused). Of other pages: proofs, which `tests.torture.stranger` reads; cosignatures, a city's records, time-stamps, rows.
"""

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEAD = r"((\S{1,200})\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n)\n((?:— [^\s+]+ [A-Za-z0-9+/]{6,}=*\n){1,64})"
BODY = "actor cites intent operation origin prev request rows seq subject suite time version"
PROTECTED = {"officer_key.vouched", "officer_key.certified", "signing_policy.proposed", "signing_policy.set"}


def need(holds, reason):
    if not holds:
        raise ValueError(reason)


def canonical(value):
    """RFC 8785 without floats."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return b"{%b}" % b",".join(canonical(name) + b":" + canonical(one) for name, one in items)
    if isinstance(value, list):
        return b"[%b]" % b",".join(map(canonical, value))
    need(not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53), "a number")
    need(not isinstance(value, str) or "\0" not in value, "NUL")
    return json.dumps(value, ensure_ascii=False).encode()


def unbase64(text):
    need(b64encode(b64decode(text)).decode() == text, "base64")
    return b64decode(text)


def read_key(vkey):
    name, id_, coded = vkey.split("+", 2)
    data = unbase64(coded)
    hashed = sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    need((len(data), data[0], hashed) == (33, 1, id_), "a verifier key")
    return Ed25519PublicKey.from_public_bytes(data[1:])


def open_head(data, keys):
    """Size, root, and which of the keys signed: each once at most, and rightly."""
    head, signed = re.fullmatch(HEAD, data.decode()), set()
    need(head and len(data) <= 16_384 and head[2] == keys[0].split("+")[0], "form of the head")
    for _, name, coded in (line.split(" ") for line in head[5].splitlines()):
        id_, signature = unbase64(coded)[:4].hex(), unbase64(coded)[4:]
        for key in {key for key in keys if key.startswith(f"{name}+{id_}+")}:
            need(key not in signed, "a key signs the head twice")
            read_key(key).verify(signature, head[1].encode())
            signed.add(key)
    return int(head[3]), unbase64(head[4]), signed


def root_of(hashes):
    """RFC 6962 §2.1 over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def name_tiles(level, count):
    """The files of a level of so many hashes or entries."""
    for index in range((count + 255) // 256):
        groups = re.sub(r"(\d{3})(?=\d)", r"x\1/", re.sub(r"^(000)*(?=\d{3})", "", f"{index:015d}"))
        yield f"tile/{level}/{groups}" + (f".p/{count % 256}" if count < 256 * (index + 1) else "")


def read_leaves(folder, size):
    for index, name in enumerate(name_tiles("entries", size)):
        data = (folder / name).read_bytes()
        for _ in range(min(256, size - 256 * index)):
            end = 2 + int.from_bytes(data[:2], "big")
            need(2 < end <= len(data), f"a border in {name}")
            yield data[2:end]
            data = data[end:]
        need(not data, f"bytes behind {name}")


def check_files(folder, hashes):
    """No file is there that should not be; hash tiles, where there are any, are all there and right."""
    tiles, level, entries = {}, 0, set(name_tiles("entries", len(hashes)))
    while hashes:
        parts = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        tiles |= dict(zip(name_tiles(level, len(hashes)), map(b"".join, parts), strict=True))
        hashes, level = [root_of(part) for part in parts if len(part) == 256], level + 1
    found = {file.relative_to(folder).as_posix() for file in (folder / "tile").rglob("*") if file.is_file()}
    need(found in (entries, entries | tiles.keys()), "a file too many or too few")
    need(all((folder / name).read_bytes() == tiles[name] for name in found - entries), "a hash tile")


class Log:
    """What entries have said so far: the key in force behind each; officers' keys (public, person, home), and which are in force."""

    def __init__(self, pinned):
        self.pinned, self.origin, self.time = pinned, pinned[0].split("+")[0], ""
        self.hashes, self.keys, self.officers, self.in_force, self.asked = [], [], {}, {}, set()

    def take(self, leaf):
        entry, seq = json.loads(leaf), len(self.hashes)
        body, server, intent = entry["body"], entry["server_sig"], entry["body"]["intent"]
        need(canonical(entry) == leaf and len(leaf) < 65_536, "canonical form")
        need(entry.keys() - {"officer_sig"} == {"body", "server_sig"} and " ".join(body) == BODY, "fields")
        kind = (body["version"], body["suite"], body["origin"])
        need(kind == (1, "ed25519-sha256", self.origin), "an entry of another version, suite or log")
        key, after = self.find_keys(body, intent)
        need(server.keys() == {"key", "sig"} and server["key"] == key.split("+")[1], "the key of an entry")
        signed = {name: part for name, part in entry.items() if name != "server_sig"}
        read_key(key).verify(unbase64(server["sig"]), canonical(signed))
        prev = self.hashes[-1].hex() if seq else "0" * 64
        need((body["seq"], body["prev"]) == (seq, prev), "the place of an entry")
        self.check_officer(body, entry.get("officer_sig"))
        self.take_officer(body["operation"], body["actor"], intent)
        if body["operation"] == "ledger.incarnation":
            stored = {"hash": prev, "root": root_of(self.hashes).hex(), "size": seq}
            need(intent["stored"] == stored, "an incarnation of another log")
        if self.time or (seq == 0 and intent.get("times") == "ascending"):
            need(self.time <= body["time"], "times that step back")
            self.time = body["time"]
        self.keys.append(after)
        self.hashes.append(sha256(b"\0" + leaf).digest())

    def find_keys(self, body, intent):
        """The key that signs this entry, and the one that signs the next."""
        operation, new = body["operation"].removeprefix("ledger."), intent.get("new")
        need((operation == "opened") == (not self.keys), "the opening")
        if not self.keys:
            (key,) = intent["keys"]
            need(intent["origin"] == self.origin == key.split("+")[0], "the opening's key")
            return key, key
        if operation not in ("key_rotated", "key_replaced"):
            return self.keys[-1], self.keys[-1]
        need(intent["old"] == self.keys[-1] and new not in self.keys, "a change of keys")
        need(new.split("+")[0] == self.origin, "a key of another log")
        if operation == "key_replaced":
            need(new in self.pinned, "a replacement that is not pinned")
            return new, new
        said = ("xingji-key-rotation 1", self.origin, body["seq"], body["prev"], intent["old"], new)
        read_key(new).verify(unbase64(intent["proof"]), "".join(f"{one}\n" for one in said).encode())
        return self.keys[-1], new

    def check_officer(self, body, signed):
        """An officer's signature is there where it is asked for, and right where it is there."""
        actor, intent = body["actor"], body["intent"]
        if signed is None:
            need(actor["key"] is None and body["operation"] not in self.asked, "an officer must sign")
            return
        mine = self.in_force.get((actor["id"], actor["origin"]))
        need(mine == signed["key"] == actor["key"], "an officer's key that is not in force")
        bound = all(intent[one] == body[one] for one in ("operation", "origin", "request", "subject"))
        need(bound and intent["expires"] >= body["time"], "an officer signed another act")
        said = canonical(intent)
        message = b"DSSEv1 34 application/vnd.xingji.intent+json %d %b" % (len(said), said)
        Ed25519PublicKey.from_public_bytes(self.officers[mine][0]).verify(unbase64(signed["sig"]), message)

    def take_officer(self, operation, actor, intent):
        """What an entry says of officers' keys and of the policy; who may say so is left out."""
        verb, key = operation.removeprefix("officer_key."), intent.get("key")
        if operation == "signing_policy.set":
            self.asked = {*intent["operations"], *PROTECTED} if intent["operations"] else set()
        if verb in ("enrolled", "rotated", "admitted"):
            whose = intent.get("person", actor["id"]), intent.get("home", actor["origin"])
            need(key == sha256(unbase64(intent["public"])).hexdigest() and key not in self.officers, "a key")
            self.officers[key] = (unbase64(intent["public"]), *whose)
        if verb in ("certified", "rotated", "admitted"):
            self.in_force[self.officers[key][1:]] = key
        if verb in ("revoked", "withdrawn") and self.in_force.get(self.officers[key][1:]) == key:
            del self.in_force[self.officers[key][1:]]


def read_log(folder, vkeys, kept=None):
    """Whether the log holds; and its size and root, or why not."""
    try:
        note, log = (folder / "checkpoint").read_bytes(), Log(vkeys.split(","))
        size, root, _ = open_head(note, log.pinned)
        for leaf in read_leaves(folder, size):
            log.take(leaf)
        need(size and root_of(log.hashes) == root, "the root")
        need({*log.pinned} & {*log.keys}, "no pinned key is of this log")
        need(log.keys[-1] in open_head(note, [*log.pinned, log.keys[-1]])[2], "the head's key")
        check_files(folder, log.hashes)
        for note in [] if kept is None else [kept.read_bytes()]:
            old, root, signed = open_head(note, log.pinned)
            need(old <= size, "rolled back")
            need(signed or open_head(note, [log.keys[old - 1]])[2], "the kept head's key")
            need(root_of(log.hashes[:old]) == root, "another history")
        return True, f"{size} {root_of(log.hashes).hex()}"
    except (ValueError, LookupError, TypeError, AttributeError, OSError, InvalidSignature) as error:
        return False, f"{type(error).__name__} {error}"
