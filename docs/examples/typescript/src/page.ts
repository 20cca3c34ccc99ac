// Every application in reach, one JSON object a line, page after page by cursor.
//
//     node dist/page.js [STATUS]
import { County } from "./county.js";
import { ApplicationsDocument, type ApplicationsQuery, type ApplicationStatus } from "./xingji.js";

const county = new County();
const filter = process.argv[2] ? { status: [process.argv[2] as ApplicationStatus] } : null;
for (let after: string | null = null; ; ) {
  const { applications }: ApplicationsQuery = await county.ask(ApplicationsDocument, { first: 5, after, filter });
  for (const { node } of applications.edges) {
    const told = { id: node.id, status: node.status, community: node.community.name, formHash: node.form?.hash ?? null };
    console.log(JSON.stringify(told));
  }
  if (!applications.pageInfo.hasNextPage) break;
  after = applications.pageInfo.endCursor;
}
