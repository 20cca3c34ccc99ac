// Mercurius on the bench's database: compiled queries (JIT), loaders that fetch a relation for all rows at once by a prepared statement, one
// read-only transaction a request, as the application's role and bound to the tenant in the request's header: the same row-level security. No
// token is read and nothing is logged. The connection comes by libpq's environment; the port is printed. It ends with SIGTERM.
import fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const CONNECTIONS = Number(process.env.PEER_CONNECTIONS);
const CITY = process.env.PEER_CITY;
const pool = new pg.Pool({ min: CONNECTIONS, max: CONNECTIONS });

const schema = `
  type Query {
    application(id: ID!): Application
    applications(first: Int!): [Application!]!
    certifications(first: Int!): [Certification!]!
  }
  type Application {
    id: ID! level: String! status: String! revision: Int! createdAt: String! updatedAt: String!
    community: Unit! street: Unit! form: FormVersion! opinions: [Opinion!]!
  }
  type Opinion { id: ID! stage: String! verdict: String! text: String! authorId: ID! givenAt: String! formHash: String! }
  type FormVersion { id: ID! version: Int! situation: String narrative: String hash: String! }
  type Unit { id: ID! name: String! code: String parent: Unit }
  type Certification { id: ID! level: String! documentNumber: String certifiedOn: String! community: Unit! application: Application }
`;

const stamp = (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const APPLICATION = `SELECT id, level, status, revision, ${stamp("created_at")} AS "createdAt", ${stamp("updated_at")} AS "updatedAt",
  community_id, street_id, form_version_id FROM applications WHERE tenant_id = $1`;
const UNIT = "SELECT id, name, parent_id FROM units WHERE tenant_id = $1 AND id = ANY ($2::uuid[])";
const STATEMENTS = {
  application: `${APPLICATION} AND id = $2`,
  applications: `${APPLICATION} ORDER BY created_at, id LIMIT $2`,
  applicationsOf: `${APPLICATION} AND id = ANY ($2::uuid[])`,
  certifications: `SELECT id, level, document_number AS "documentNumber", to_char(certified_on, 'YYYY-MM-DD') AS "certifiedOn", community_id,
    application_id FROM certifications WHERE tenant_id = $1 ORDER BY certified_on, id LIMIT $2`,
  units: UNIT,
  codes: `SELECT DISTINCT ON (unit_id) unit_id AS id, code FROM unit_codes
    WHERE tenant_id = $1 AND unit_id = ANY ($2::uuid[]) AND valid_to IS NULL ORDER BY unit_id, valid_from DESC`,
  forms: `SELECT id, version, situation, narrative, encode(hash, 'hex') AS hash FROM form_versions
    WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
  opinions: `SELECT id, application_id, stage, verdict, text, author_id AS "authorId", ${stamp("given_at")} AS "givenAt",
    encode(form_hash, 'hex') AS "formHash" FROM opinions
    WHERE tenant_id = $1 AND application_id = ANY ($2::uuid[]) ORDER BY application_id, given_at, id`,
};

// The transaction of a request begins with its first statement and ends before its answer; its statements wait for each other.
class Transaction {
  constructor(tenant) {
    this.tenant = Number(tenant);
  }

  async rows(name, argument) {
    const before = (this.last ??= this.begin());
    this.last = before.then(() => this.client.query({ name, text: STATEMENTS[name], values: [this.tenant, argument] }));
    return (await this.last).rows;
  }

  async begin() {
    this.client = await pool.connect();
    await this.client.query(
      `BEGIN READ ONLY;SET LOCAL app.tenant = '${this.tenant}';SET LOCAL app.granted = '{}';SET LOCAL app.shared = '{${CITY}}'`,
    );
  }

  async end() {
    if (!this.client) return;
    await this.client.query("COMMIT");
    this.client.release();
  }
}

const one = (statement, key) => ({
  opts: { cache: false },
  loader: async (queries, { tx }) => {
    const ids = [...new Set(queries.map(({ obj }) => obj[key]))];
    const found = new Map((await tx.rows(statement, ids)).map((row) => [row.id, row]));
    return queries.map(({ obj }) => found.get(obj[key]) ?? null);
  },
});

const opinions = {
  opts: { cache: false },
  loader: async (queries, { tx }) => {
    const found = Map.groupBy(await tx.rows("opinions", queries.map(({ obj }) => obj.id)), (row) => row.application_id);
    return queries.map(({ obj }) => found.get(obj.id) ?? []);
  },
};

const code = {
  opts: { cache: false },
  loader: async (queries, { tx }) => {
    const found = new Map((await tx.rows("codes", queries.map(({ obj }) => obj.id))).map((row) => [row.id, row.code]));
    return queries.map(({ obj }) => found.get(obj.id) ?? null);
  },
};

const app = fastify();
app.register(mercurius, {
  schema,
  jit: 1,
  context: (request) => ({ tx: new Transaction(request.headers["x-tenant"]) }),
  resolvers: {
    Query: {
      application: async (_, { id }, { tx }) => (await tx.rows("application", id))[0] ?? null,
      applications: (_, { first }, { tx }) => tx.rows("applications", first),
      certifications: (_, { first }, { tx }) => tx.rows("certifications", first),
    },
  },
  loaders: {
    Application: {
      community: one("units", "community_id"),
      street: one("units", "street_id"),
      form: one("forms", "form_version_id"),
      opinions,
    },
    Unit: { code, parent: one("units", "parent_id") },
    Certification: { community: one("units", "community_id"), application: one("applicationsOf", "application_id") },
  },
});
await app.ready();
app.graphql.addHook("onResolution", async (_, { tx }) => tx.end());
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(app.server.address().port);
