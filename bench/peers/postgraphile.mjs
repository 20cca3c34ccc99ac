// PostGraphile 5 on the bench's database: its Amber preset behind grafserv's own Node server, as the application's role, so that the same
// row-level security holds: `pgSettings` binds each request's transaction to the tenant in its header. No token is read and nothing is logged.
// The connection comes by libpq's environment; the port is printed. It ends with SIGTERM.
import { createServer } from "node:http";

import { grafserv } from "grafserv/node";
import { jsonPgSmartTags } from "graphile-utils";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const CONNECTIONS = Number(process.env.PEER_CONNECTIONS);
const CITY = process.env.PEER_CITY;

// What the tables do not say: an application and its form point at each other; and what else a client may sort and filter by.
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      "public.applications": {
        tags: { foreignKey: "(tenant_id,form_version_id) references public.form_versions (tenant_id,id)|@fieldName form" },
      },
    },
    attribute: {
      "public.certifications.certified_on": { tags: { behavior: "+orderBy" } },
      "public.unit_codes.valid_to": { tags: { behavior: "+filterBy" } },
    },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [makePgService({ pool: new pg.Pool({ min: CONNECTIONS, max: CONNECTIONS }), schemas: ["public"] })],
  grafserv: { graphqlPath: "/graphql", watch: false, graphiql: false, websockets: false, maxRequestLength: 100_000 },
  grafast: {
    explain: false,
    context: ({ node }) => ({
      pgSettings: { "app.tenant": node.req.headers["x-tenant"], "app.granted": "{}", "app.shared": `{${CITY}}` },
    }),
  },
};

const server = createServer();
server.on("error", (error) => { throw error; });
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
