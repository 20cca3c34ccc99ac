import { expect, test } from 'vitest';

import { Refused, SIGNED_OUT, UNREACHABLE, makeRequestId, mayBeRecorded } from './client';

test('request ids are UUIDs of version 4, and never the same', () => {
  const made = Array.from({ length: 200 }, makeRequestId);
  expect(new Set(made).size).toBe(200);
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('only without an answer, or behind a fault, may an act be recorded', () => {
  expect(mayBeRecorded(new Refused(UNREACHABLE, ''))).toBe(true);
  expect(mayBeRecorded(new Refused('internal.error', ''))).toBe(true);
  expect(mayBeRecorded(new TypeError())).toBe(true);
  expect(mayBeRecorded(new Refused(SIGNED_OUT, ''))).toBe(false);
  expect(mayBeRecorded(new Refused('permission.denied', ''))).toBe(false);
});
