// Verify a kept receipt without any network: that what you sent stands in the log, under a checkpoint that a trusted key signed.
//
//     node dist/verify_receipt.js RECEIPT.json TRUST.json        0 verified, 1 refuted, 2 there is no proof yet
import { readFileSync } from "node:fs";
import { check, checkInclusion, leafHash, readKeys } from "./proofs.js";

async function main(keptAt = "", trust = ""): Promise<number> {
  const kept = JSON.parse(readFileSync(keptAt, "utf8"));
  if (kept.proof === undefined) {
    console.log("no proof yet: run endorse.js again");
    return 2;
  }
  const { origin, sequence, hash } = kept.receipt;
  try {
    const hashed = await leafHash(kept.leaf);
    check(hashed.toString("hex") === hash, "the entry is not the receipt's");
    const { intent: said } = JSON.parse(kept.leaf).body;
    check(said.request === kept.requestId, "the entry is of another request");
    const { formHash, verdict, applicationId } = kept.input;
    const same = said.form_hash === formHash && said.verdict === verdict.toLowerCase();
    check(same && applicationId.endsWith(said.subject.id), "the entry says something else");
    const { size } = await checkInclusion(hashed, sequence, kept.proof, readKeys(trust, origin));
    console.log(`verified: entry ${sequence} of ${origin}, under ${size} entries`);
    return 0;
  } catch (refuted) {
    console.log(`refuted: ${(refuted as Error).message}`);
    return 1;
  }
}

process.exitCode = await main(process.argv[2], process.argv[3]);
