// Checking what a log says, by WebCrypto: C2SP signed-note, tlog-checkpoint and tlog-proof, RFC 6962.
//
// Everything throws. Whose keys are trusted stands in a trust file that came by another way than what is checked.
import { readFileSync } from "node:fs";

export type Checkpoint = { origin: string; size: number; root: Buffer };

const { subtle } = globalThis.crypto;
const utf8 = (text: string) => Buffer.from(text, "utf8");
const sha256 = async (...parts: Uint8Array[]) => Buffer.from(await subtle.digest("SHA-256", Buffer.concat(parts)));
const nodeHash = (left: Buffer, right: Buffer) => sha256(Buffer.of(1), left, right);
export const leafHash = (leaf: string) => sha256(Buffer.of(0), utf8(leaf));

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Standard base64 and nothing else: Buffer alone would skip what it does not know. */
export function fromBase64(text: string): Buffer {
  const found = Buffer.from(text, "base64");
  check(found.toString("base64") === text, "not base64");
  return found;
}

/** The keys that the trust file pins for a log. */
export function readKeys(trust: string, origin: string): string[] {
  const { logs } = JSON.parse(readFileSync(trust, "utf8")) as { logs: { origin: string; keys: string[] }[] };
  const found = logs.filter((log) => log.origin === origin).flatMap((log) => log.keys);
  check(found.length > 0, `the trust file names no log ${origin}`);
  return found;
}

/** What a note says that one of these keys has signed. */
export async function openCheckpoint(note: string, keys: string[]): Promise<Checkpoint> {
  const end = note.indexOf("\n\n");
  check(end >= 0, "not a note");
  const text = note.slice(0, end + 1);
  const tried = note.slice(end + 2).split("\n").flatMap((line) => keys.map((key) => isSigned(text, line, key)));
  check((await Promise.all(tried)).includes(true), "no trusted signature");
  const [origin = "", size = "", root = ""] = text.split("\n");
  check(/^(0|[1-9][0-9]*)$/.test(size), "not a checkpoint");
  check(keys.every((key) => key.split("+")[0] === origin), "another log's checkpoint");
  return { origin, size: Number(size), root: fromBase64(root) };
}

/** A signature line: `— NAME BASE64(4 bytes of the key's hash ‖ signature)`; a key: `NAME+HASH+BASE64(1 ‖ public key)`. */
async function isSigned(text: string, line: string, key: string): Promise<boolean> {
  const [name = "", digits = ""] = key.split("+", 2);
  const bare = fromBase64(key.slice(name.length + digits.length + 2));
  const [mark, signer, given = ""] = line.split(" ");
  if (mark !== "—" || signer !== name) return false;
  const signature = fromBase64(given);
  const hashed = (await sha256(utf8(`${name}\n`), bare)).subarray(0, 4);
  if (bare[0] !== 1 || hashed.toString("hex") !== digits || !hashed.equals(signature.subarray(0, 4))) return false;
  const imported = await subtle.importKey("raw", new Uint8Array(bare.subarray(1)), { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, imported, new Uint8Array(signature.subarray(4)), utf8(text));
}

/** The checkpoint under which the entry with this leaf hash stands at this place, by a tlog-proof. */
export async function checkInclusion(leaf: Buffer, sequence: number, proof: string, keys: string[]): Promise<Checkpoint> {
  const end = proof.indexOf("\n\n");
  const [header, index, ...lines] = proof.slice(0, end).split("\n");
  check(header === "c2sp.org/tlog-proof@v1" && index === `index ${sequence}`, "a proof of another place");
  const checkpoint = await openCheckpoint(proof.slice(end + 2), keys);
  check(sequence < checkpoint.size, "a place beyond the checkpoint");
  const path = lines.map(fromBase64);
  let node = leaf;
  for (let place = sequence, last = checkpoint.size - 1; last > 0; place = half(place), last = half(last)) {
    if (place % 2 === 0 && place >= last) continue;
    const beside = path.shift();
    check(beside !== undefined, "a path too short");
    node = place % 2 === 1 ? await nodeHash(beside, node) : await nodeHash(node, beside);
  }
  check(path.length === 0 && node.equals(checkpoint.root), "the entry is not in the log");
  return checkpoint;
}

/** The new tree begins with every entry of the old one, by RFC 6962 §2.1.2. */
export async function checkGrowth(old: Checkpoint, grown: Checkpoint, path: Buffer[]): Promise<void> {
  check(old.origin === grown.origin && old.size > 0 && old.size <= grown.size, "the log has become shorter");
  if (old.size === grown.size) {
    check(path.length === 0 && old.root.equals(grown.root), "two heads of one size");
    return;
  }
  let [place, last] = [old.size - 1, grown.size - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  const rest = [...path];
  const take = () => {
    const one = rest.shift();
    check(one !== undefined, "a path too short");
    return one;
  };
  let before = place > 0 ? take() : old.root;
  let after = before;
  for (; last > 0; [place, last] = [half(place), half(last)]) {
    if (place % 2 === 0 && place >= last) continue;
    const beside = take();
    if (place % 2 === 1) [before, after] = [await nodeHash(beside, before), await nodeHash(beside, after)];
    else after = await nodeHash(after, beside);
  }
  check(rest.length === 0 && before.equals(old.root) && after.equals(grown.root), "the log was rewritten");
}

// Not `>> 1`, which would cut a large number to 32 bits.
const half = (number: number) => Math.floor(number / 2);
