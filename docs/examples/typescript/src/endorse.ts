// Endorse an application, whatever happens on the way, and keep the receipt.
//
//     node dist/endorse.js RECEIPT.json --application ID --form-hash HASH --stage COUNTY [--text 同意。] [--key OFFICER.pem]
//
// The file is written twice. First, before anything is sent, with the requestId and the whole input: run it again after a crash, and it sends
// the very same request, which is recorded once and answered with one receipt. Then with the receipt, and with its proof once there is one.
// With --key it signs where the tenant's policy asks for the officer's signature; the passphrase stands in XINGJI_OFFICER_PASSPHRASE.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { County } from "./county.js";
import { findText, keep } from "./keeping.js";
import { signIntent } from "./signing.js";
import { EntriesDocument, GiveOpinionDocument, type GiveOpinionInput, type OpinionStage } from "./xingji.js";

type Receipt = { origin: string; sequence: number; hash: string; replayed: boolean };
type Kept = { requestId: string; input: GiveOpinionInput; receipt?: Receipt; leaf?: string; proof?: string };

/** The receipt. Throws when it is refused. */
async function endorse(county: County, kept: Kept, key?: string): Promise<Receipt> {
  const { requestId, input } = kept;
  let { giveOpinion: answer } = await county.ask(GiveOpinionDocument, { requestId, input });
  if (answer.__typename === "Refusal" && answer.code === "signature.required" && key) {
    const signed = signIntent(key, answer.intent ?? "", input.applicationId, requestId);
    answer = (await county.ask(GiveOpinionDocument, { requestId, input }, signed)).giveOpinion;
  }
  if (answer.__typename === "Refusal") throw new Error(`${answer.code}: ${answer.message}`);
  return answer.receipt;
}

/** The entry's text and its proof, once a published checkpoint covers it; nothing when none did in time. */
async function prove(county: County, applicationId: string, sequence: number, tries = 60): Promise<Partial<Kept>> {
  for (let tried = 0; tried < tries; tried++) {
    const { node } = await county.ask(EntriesDocument, { applicationId });
    const edges = node?.__typename === "Application" ? node.ledgerEntries.edges : [];
    const entry = edges.find((edge) => edge.node.seq === sequence)?.node;
    if (entry?.proof) return { leaf: entry.leaf, proof: entry.proof };
    await sleep(500);
  }
  return {};
}

function begin(path: string, values: Record<string, string | undefined>): Kept {
  const given = ["application", "form-hash", "stage"].map((name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`--${name} is missing`);
    return value;
  }) as [string, string, OpinionStage];
  const input: GiveOpinionInput = {
    applicationId: given[0],
    formHash: given[1],
    stage: given[2],
    verdict: "AGREE",
    text: values["text"] ?? "同意。",
  };
  const kept = { requestId: randomUUID(), input };
  keep(path, kept);
  return kept;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    application: { type: "string" },
    "form-hash": { type: "string" },
    stage: { type: "string" },
    text: { type: "string" },
    key: { type: "string" },
  },
});
const path = positionals[0];
if (path === undefined) throw new Error("where is the receipt to be kept?");
const before = findText(path);
const kept = before === null ? begin(path, values) : (JSON.parse(before) as Kept);
const county = new County();
try {
  kept.receipt = await endorse(county, kept, values.key);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
keep(path, kept);
Object.assign(kept, await prove(county, kept.input.applicationId, kept.receipt.sequence));
keep(path, kept);
console.log(JSON.stringify(kept.receipt));
if (!kept.proof) console.error("no proof yet: run it again");
