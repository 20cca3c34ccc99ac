// Every application in reach, one JSON object a line, page after page by cursor.
//
//     node dist/page.js [--status STREET_ENDORSED] [--first 50]
import { parseArgs } from "node:util";
import { County } from "./county.js";
import { ApplicationsDocument, type ApplicationsQuery, type ApplicationStatus } from "./xingji.js";

const county = new County();
const { values } = parseArgs({ options: { status: { type: "string" }, first: { type: "string", default: "50" } } });
const filter = values.status ? { status: [values.status as ApplicationStatus] } : null;
const first = Number(values.first);
for (let after: string | null = null; ; ) {
  const { applications }: ApplicationsQuery = await county.ask(ApplicationsDocument, { first, after, filter });
  for (const { node } of applications.edges) {
    const told = { id: node.id, status: node.status, community: node.community.name, formHash: node.form?.hash ?? null };
    console.log(JSON.stringify(told));
  }
  if (!applications.pageInfo.hasNextPage) break;
  after = applications.pageInfo.endCursor;
}
