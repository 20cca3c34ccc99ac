// Keep a log's signed head, and see each time that the log has only grown since the one that was kept.
//
//     node dist/keep_head.js HEAD.txt TRUST.json        0 kept, 1 refuted: keep both heads and tell the auditor
//
// Whoever may read the whole log is given the proof of growth: officers and administrators of the tenant.
import { County } from "./county.js";
import { findText, keepText } from "./keeping.js";
import { check, checkGrowth, fromBase64, openCheckpoint, readKeys } from "./proofs.js";
import { GrowthDocument, HomeDocument } from "./xingji.js";

async function main(keptAt = "", trust = ""): Promise<number> {
  const county = new County();
  const { viewer } = await county.ask(HomeDocument, {});
  if (!viewer) throw new Error("not signed in");
  const { id: tenantId, code, origin } = viewer.tenant;
  const kept = findText(keptAt);
  if (kept === null) {
    const answer = await fetch(`${county.base}/ledger/${code}/checkpoint`);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const note = await answer.text();
    console.log(`first head: ${(await openCheckpoint(note, readKeys(trust, origin))).size} entries`);
    keepText(keptAt, note);
    return 0;
  }
  try {
    const keys = readKeys(trust, origin);
    const old = await openCheckpoint(kept, keys);
    const { ledgerConsistency: growth } = await county.ask(GrowthDocument, { tenantId, fromSize: old.size });
    check(growth !== null, `no proof of growth from ${old.size} entries`);
    const grown = await openCheckpoint(growth.checkpoint, keys);
    check(grown.size === growth.toSize, "a checkpoint of another size");
    await checkGrowth(old, grown, growth.path.map(fromBase64));
    console.log(`grown from ${old.size} to ${grown.size} entries`);
    keepText(keptAt, growth.checkpoint);
    return 0;
  } catch (refuted) {
    console.log(`refuted: ${(refuted as Error).message}`);
    return 1;
  }
}

process.exitCode = await main(process.argv[2], process.argv[3]);
