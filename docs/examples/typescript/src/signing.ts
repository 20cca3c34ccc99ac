// The officer's signature over an intent, as DSSE: what the second call of a signed act carries.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { setting } from "./county.js";

const KIND = "application/vnd.xingji.intent+json";

/** Show the intent, see that it is of this request, sign its very bytes. Throws for another's. */
export function signIntent(path: string, intent: string, applicationId: string, requestId: string) {
  const meant = JSON.parse(intent) as { request: string; expires: string; subject: { id: string } };
  if (meant.request !== requestId || !applicationId.endsWith(meant.subject.id)) throw new Error("the intent is of another act");
  console.error(JSON.stringify(meant, null, 2));
  const key = createPrivateKey({ key: readFileSync(path), passphrase: setting("OFFICER_PASSPHRASE") });
  const body = Buffer.from(intent);
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${KIND.length} ${KIND} ${body.length} `), body]);
  // The raw public key is the end of its DER form, 32 bytes.
  const bare = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const digits = createHash("sha256").update(bare).digest("hex");
  return { officerSignature: { key: digits, sig: sign(null, signed, key).toString("base64"), expires: meant.expires } };
}
