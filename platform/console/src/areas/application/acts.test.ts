import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { findAct, needsText } from './acts';

test('every opinion and return of the programme is an act of the page', () => {
  const programme = readFileSync(new URL('../../../../../certification/programmes/zhoukou-2022.toml', import.meta.url), 'utf8');
  const actions = [...programme.matchAll(/^action = "((?:street|county|city|site_visit)_(?:agree|refuse|return|recommend))"$/gm)];
  expect(actions.length).toBeGreaterThan(8);
  for (const [, action] of actions) expect(findAct(action ?? ''), action).not.toBeNull();
});

test('only agreeing and submitting need no words', () => {
  expect(needsText({ kind: 'submit' })).toBe(false);
  expect(needsText({ kind: 'opinion', stage: 'STREET', verdict: 'AGREE' })).toBe(false);
  expect(needsText({ kind: 'return', stage: 'STREET' })).toBe(true);
});
