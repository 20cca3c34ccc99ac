/** The one way to the API: typed documents over POST /graphql. What goes wrong is a `Refused` with the API's stable code. */
import type { TypedDocumentString } from '../gql/graphql';

export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly clause: string | null = null,
  ) {
    super(message);
  }
}

/** A random id for a request (UUID version 4). `crypto.randomUUID` would not do: over plain HTTP, as on an intranet, browsers do not have it. */
export function makeRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, at) => (at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether the act may be recorded all the same, so that it has to be sent again exactly as it was. */
export function mayBeRecorded(error: unknown): boolean {
  return !(error instanceof Refused) || error.code === UNREACHABLE || error.code.startsWith('internal.');
}

/** No answer came: the same request may be sent again, by the same id. */
export const UNREACHABLE = 'console.unreachable';
export const SIGNED_OUT = 'console.signed_out';

interface Door {
  token: string | null;
  locale: string;
  refused: () => void;
}

const door: Door = { token: null, locale: 'zh-CN', refused: () => undefined };

export function setDoor(change: Partial<Door>): void {
  Object.assign(door, change);
}

export function headers(): Record<string, string> {
  const bearer: Record<string, string> = door.token === null ? {} : { Authorization: `Bearer ${door.token}` };
  return { 'Accept-Language': door.locale, ...bearer };
}

interface Answer<R> {
  data?: R | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export async function ask<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
  const response = await send('/graphql', {
    method: 'POST',
    headers: { ...headers(), 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  let answer: Answer<R>;
  try {
    answer = (await response.json()) as Answer<R>;
  } catch {
    // Cut off, or the page of some proxy: not the API's answer.
    throw new Refused(UNREACHABLE, response.statusText);
  }
  const error = answer.errors?.[0];
  if (error !== undefined) throw new Refused(error.extensions?.code ?? 'internal.error', error.message);
  if (answer.data === null || answer.data === undefined) throw new Refused('internal.error', response.statusText);
  return answer.data;
}

/** A file as the API hands it out, whole. */
export async function fetchFile(path: string): Promise<Blob> {
  const response = await send(path, { headers: headers() });
  if (!response.ok) throw new Refused(`http.${response.status}`, response.statusText);
  return response.blob();
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Refused(UNREACHABLE, 'network');
  }
  if (response.status === 401) {
    door.refused();
    throw new Refused(SIGNED_OUT, response.statusText);
  }
  return response;
}

interface Refusing {
  __typename: 'Refusal';
  code: string;
  message: string;
  clause?: string | null;
}

/** What a mutation recorded; a refusal is thrown. */
export function recorded<T extends { __typename: string }>(result: T | Refusing): Exclude<T, Refusing> {
  if (result.__typename === 'Refusal') {
    const refusal = result as Refusing;
    throw new Refused(refusal.code, refusal.message, refusal.clause ?? null);
  }
  return result as Exclude<T, Refusing>;
}
