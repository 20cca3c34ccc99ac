// The protocols' own clients against the server at argv[2]; prints as JSON what each was told.
import { createClient as overSockets } from "graphql-ws";
import { createClient as overStreams } from "graphql-sse";
import WebSocket from "ws";

const url = process.argv[2];
const far = "good-alice";
const soon = () => `good-alice-until-${Date.now() / 1000 + 1}`;

async function all(results) {
  const found = [];
  for await (const result of results) found.push(result);
  return found;
}

async function refusal(results) {
  try {
    return { told: await all(results) };
  } catch (error) {
    return Array.isArray(error)
      ? { errors: error.map((one) => one.extensions.code) }
      : { code: error.code, name: error.constructor.name };
  }
}

const count = { query: "subscription($to: Int!) { count(to: $to) }", variables: { to: 3 } };
const tick = { query: "subscription { tick }" };
const told = {};

// --- graphql-transport-ws

const socket = (token, more = {}) =>
  overSockets({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: () => (token ? { Authorization: `Bearer ${token()}` } : undefined),
    retryAttempts: 0,
    ...more,
  });

let client = socket(() => far);
told.wsCount = await all(client.iterate(count));
told.wsQuery = await all(client.iterate({ query: "{ whoami }" }));
told.wsTogether = (await Promise.all([1, 2, 3].map(() => all(client.iterate(count))))).map((one) => one.length);
told.wsInvalid = await refusal(client.iterate({ query: "{ nothing }" }));
told.wsMutation = await refusal(client.iterate({ query: "mutation { touch }" }));
told.wsAbsent = await refusal(client.iterate({ query: "subscription { absent }" }));
const ticks = client.iterate(tick);
told.wsTick = (await ticks.next()).value.data;
await ticks.return();
await client.dispose();

client = socket(null);
told.wsStranger = await all(client.iterate({ query: "{ whoami }" }));
await client.dispose();

client = socket(() => "bad");
told.wsRefused = await refusal(client.iterate(count));

// A token that ends: the client comes again by itself, with a fresh one, and goes on watching.
const closes = [];
let given = 0;
client = socket(() => (given++ ? far : soon()), {
  retryAttempts: 2,
  retryWait: async () => {},
  on: { closed: (event) => closes.push(event.code) },
});
const resumed = client.iterate(tick);
await resumed.next();
await resumed.next();
told.wsResumed = { closes: [...closes], given };
await resumed.return();
await client.dispose();

client = socket(() => far, { keepAlive: 100 });
let pongs = 0;
client.on("pong", (received) => (pongs += received ? 1 : 0));
const kept = client.iterate(tick);
await kept.next();
await new Promise((done) => setTimeout(done, 400));
told.wsPongs = pongs > 0;
await kept.return();
await client.dispose();

// --- graphql-sse, distinct connections

const stream = (token, more = {}) =>
  overStreams({ url, headers: () => ({ Authorization: `Bearer ${token()}` }), retryAttempts: 0, ...more });

client = stream(() => far);
told.sseCount = await all(client.iterate(count));
told.sseQuery = await all(client.iterate({ query: "{ whoami }" }));
told.sseInvalid = (await all(client.iterate({ query: "{ nothing }" }))).map((one) => one.errors[0].extensions.code);
told.sseAbsent = (await all(client.iterate({ query: "subscription { absent }" }))).map((one) => one.errors[0].extensions.code);
const watched = client.iterate(tick);
told.sseTick = (await watched.next()).value.data;
await watched.return();
told.sseEnded = (await all(stream(soon).iterate(tick))).map((one) => one.errors?.[0].extensions.code ?? "told");
told.sseRefused = await refusal(stream(() => "bad").iterate(count));

console.log(JSON.stringify(told));
process.exit(0);
