// Watch a cycle of reviews, one JSON object an event, and remember the last sequence: the next start goes on behind it.
//
//     node dist/subscribe.js CYCLE SEEN.txt [--sse] [--events N]
import { parseArgs } from "node:util";
import { County } from "./county.js";
import { findText, keepText } from "./keeping.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sse: { type: "boolean", default: false }, events: { type: "string" } },
});
const [cycle, seen] = positionals;
if (cycle === undefined || seen === undefined) throw new Error("which cycle, and where is the last sequence kept?");
const last = findText(seen);
let told = 0;
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
for await (const { reviewCycleProgress: state } of new County().watch(cycle, last === null ? null : Number(last), values.sse)) {
  console.log(JSON.stringify(state));
  keepText(seen, String(state.sequence));
  if (++told === Number(values.events)) process.exit(0);
}
