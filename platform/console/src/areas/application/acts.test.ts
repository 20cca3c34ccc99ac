import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { findAct, needsConfirmation, needsText } from './acts';

test('every opinion and return of the programme that needs no more than words is an act of the page', () => {
  const programme = readFileSync(new URL('../../../../../certification/programmes/zhoukou-2022.toml', import.meta.url), 'utf8');
  const actions = [...programme.matchAll(/^action = "(street_agree|county_recommend|(?:street|county|city)_refuse|(?:street|county|city|site_visit)_return)"$/gm)];
  expect(actions.length).toBe(9);
  for (const [, action] of actions) expect(findAct(action ?? ''), action).not.toBeNull();
});

test('only agreeing and submitting need no words', () => {
  expect(needsText({ kind: 'submit' })).toBe(false);
  expect(needsText({ kind: 'opinion', stage: 'STREET', verdict: 'AGREE' })).toBe(false);
  expect(needsText({ kind: 'return', stage: 'STREET' })).toBe(true);
});

test('only who recommends a village confirms its reason', () => {
  expect(needsConfirmation({ kind: 'opinion', stage: 'COUNTY', verdict: 'AGREE' }, 'VILLAGE')).toBe(true);
  expect(needsConfirmation({ kind: 'opinion', stage: 'COUNTY', verdict: 'AGREE' }, 'COMMUNITY')).toBe(false);
  expect(needsConfirmation({ kind: 'opinion', stage: 'STREET', verdict: 'AGREE' }, 'VILLAGE')).toBe(false);
});
