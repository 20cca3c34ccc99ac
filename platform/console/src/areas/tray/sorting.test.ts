import { expect, test } from 'vitest';

import { byUrgency, findTray } from './sorting';

const row = { status: 'SUBMITTED' as const, filedBy: 'clerk', opinions: [], availableActions: [], deadline: null };

test('what may be decided waits, unless only a withdrawal may', () => {
  const agree = { action: 'street_agree', allowed: true };
  expect(findTray({ ...row, availableActions: [agree] }, 'officer')).toBe('waiting');
  expect(findTray({ ...row, availableActions: [{ ...agree, allowed: false }] }, 'officer')).toBeNull();
  expect(findTray({ ...row, availableActions: [{ action: 'withdraw', allowed: true }] }, 'clerk')).toBe('done');
});

test('what one gave an opinion on is done, what ended is closed', () => {
  expect(findTray({ ...row, opinions: [{ authorId: 'officer' }] }, 'officer')).toBe('done');
  expect(findTray({ ...row, status: 'CERTIFIED', availableActions: [{ action: 'x', allowed: true }] }, 'officer')).toBe('closed');
});

test('late before soon before undated', () => {
  const soon = { ...row, deadline: { lastDay: '2022-05-10', overdue: false } };
  const late = { ...row, deadline: { lastDay: '2022-05-20', overdue: true } };
  expect([row, soon, late].sort(byUrgency)).toEqual([late, soon, row]);
});
