// A county's client: signs in, signs in again when its token has ended, and sends again what had no answer.
//
// Where and as whom stands in the environment: XINGJI_URL, XINGJI_TENANT (the six-digit code), XINGJI_LOGIN, XINGJI_PASSWORD, and if you like
// XINGJI_LANGUAGE (zh-CN or en). Sending a mutation again is safe because every mutation of ours has a requestId.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { createClient as overStreams } from "graphql-sse";
import { createClient as overSockets } from "graphql-ws";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { SignInDocument, WatchCycleDocument, type WatchCycleSubscription } from "./xingji.js";

const AGAIN = new Set([408, 429, 500, 502, 503, 504]);

type Told = { message: string; extensions: { code: string; traceId: string } };
type Answer<T> = { data?: T | null; errors?: Told[] };
/** What came back, its text read. */
type Sent = { status: number; text: string; retryAfter: number };
type Body = { query: string; variables: unknown; extensions?: Record<string, unknown> };

const language = () => ({ "Accept-Language": setting("LANGUAGE", "zh-CN") });
const toError = (told: Told[]) => new Error(told.map((one) => `${one.extensions.code}: ${one.message}`).join("; "));

export function setting(name: string, otherwise?: string): string {
  const found = process.env[`XINGJI_${name}`] ?? otherwise;
  if (found === undefined) throw new Error(`XINGJI_${name} is not set`);
  return found;
}

/** Whether the act may be recorded or not, so that one asks again: the server was full, slow, or in trouble. */
function isUnsettled({ status, text }: Sent): boolean {
  if (AGAIN.has(status)) return true;
  const { errors = [] } = status === 200 ? (JSON.parse(text) as Answer<unknown>) : {};
  return errors.some((one) => one.extensions.code.startsWith("internal"));
}

/** Whether what ended a subscription is something behind which one comes again. */
function isPassing(error: unknown): boolean {
  if (Array.isArray(error)) return error.every((one) => /^(token\.ended|limit\.budget|internal)/.test(one.extensions?.code));
  const { code, response } = error as { code?: unknown; response?: { status: number } };
  // 4403: the token has ended. Every other of these says that this client is wrong.
  if (typeof code === "number") return code < 4400 || code === 4403;
  return response === undefined ? error instanceof Error : AGAIN.has(response.status);
}

export class County {
  readonly base = setting("URL", "http://127.0.0.1:8000");
  private token = "";

  /** `tries` for one request; each waits `seconds`, a little longer than the server takes at most. */
  constructor(private readonly tries = 6, private readonly seconds = 35) {}

  /** The data of an answer. Throws for errors, and when there was no answer after all tries. */
  async ask<T, V>(document: TypedDocumentNode<T, V>, variables: V, extensions?: Record<string, unknown>): Promise<T> {
    const body: Body = { query: print(document), variables, ...(extensions && { extensions }) };
    const response = await this.send(body, (document as unknown) === SignInDocument);
    const answer = JSON.parse(response.text) as Answer<T>;
    if (answer.errors) throw toError(answer.errors);
    if (!answer.data) throw new Error(`HTTP ${response.status}`);
    return answer.data;
  }

  /** Sign in for a token of ten minutes. */
  async authenticate(): Promise<string> {
    const input = { tenantCode: setting("TENANT"), login: setting("LOGIN"), password: setting("PASSWORD") };
    const { signIn } = await this.ask(SignInDocument, { input });
    if (signIn.__typename === "Refusal") throw new Error(`${signIn.code}: ${signIn.message}`);
    return (this.token = signIn.token);
  }

  private async send(body: Body, stranger: boolean): Promise<Sent> {
    for (let tried = 1; ; tried++) {
      let wait = 200 * 2 ** tried * (0.5 + Math.random() / 2);
      try {
        const response = stranger ? await this.post(body) : await this.sendSigned(body);
        if (!isUnsettled(response) || tried === this.tries) return response;
        wait = Math.max(wait, 1000 * response.retryAfter);
      } catch (error) {
        // fetch says TypeError for a connection that failed, TimeoutError for an answer that did not come.
        const silent = error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
        if (!silent || tried === this.tries) throw error;
      }
      await sleep(wait);
    }
  }

  private async sendSigned(body: Body): Promise<Sent> {
    const response = await this.post(body, this.token || (await this.authenticate()));
    return response.status === 401 ? this.post(body, await this.authenticate()) : response;
  }

  private async post(body: Body, token?: string): Promise<Sent> {
    const headers = {
      ...language(),
      "Content-Type": "application/json",
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    const signal = AbortSignal.timeout(this.seconds * 1000);
    const answer = await fetch(`${this.base}/graphql`, { method: "POST", headers, body: JSON.stringify(body), signal });
    return { status: answer.status, text: await answer.text(), retryAfter: Number(answer.headers.get("Retry-After") ?? 0) };
  }

  /** What is told of a cycle, for ever: after a break it comes again, with a fresh token, behind the last sequence. */
  async *watch(cycleId: string, after: number | null, streams = false): AsyncGenerator<WatchCycleSubscription> {
    for (;;) {
      const asked = { query: print(WatchCycleDocument), variables: { cycleId, after } };
      const results = streams ? this.overStreams(asked) : this.overSockets(asked);
      try {
        for await (const { data, errors } of results) {
          if (errors) throw errors;
          if (!data) continue;
          after = data.reviewCycleProgress.sequence;
          yield data;
        }
      } catch (error) {
        if (!isPassing(error)) throw Array.isArray(error) ? toError(error) : error;
      }
      await sleep(1000);
    }
  }

  // Both clients can come again by themselves, but then with the variables of the first time: the loop above knows where it was.
  private overSockets(asked: { query: string; variables: Record<string, unknown> }) {
    const client = overSockets({
      url: `${this.base.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: async () => ({ Authorization: `Bearer ${await this.authenticate()}` }),
      retryAttempts: 0,
    });
    return client.iterate<WatchCycleSubscription>(asked);
  }

  private overStreams(asked: { query: string; variables: Record<string, unknown> }) {
    const client = overStreams({
      url: `${this.base}/graphql`,
      headers: async () => ({ ...language(), Authorization: `Bearer ${await this.authenticate()}` }),
      retryAttempts: 0,
    });
    return client.iterate<WatchCycleSubscription>(asked);
  }
}
