/** 待办, 已办 and 办结: which of the three an application is for a reader; null: it waits for somebody else. */
import type { ApplicationStatus } from '../../gql/graphql';

export type Tray = 'waiting' | 'done' | 'closed';

const ENDED: readonly ApplicationStatus[] = ['CERTIFIED', 'NOT_CERTIFIED', 'REJECTED', 'WITHDRAWN', 'LAPSED'];
/** These may always be done; that does not make an application wait for anybody. */
const ASIDE: readonly string[] = ['withdraw', 'lapse', 'attach_evidence'];

interface Row {
  status: ApplicationStatus;
  filedBy: string;
  opinions: readonly { authorId: string }[];
  availableActions: readonly { action: string; allowed: boolean }[];
  deadline?: { lastDay?: string | null; overdue: boolean } | null;
}

export function findTray(row: Row, personId: string): Tray | null {
  if (ENDED.includes(row.status)) return 'closed';
  if (row.availableActions.some((one) => one.allowed && !ASIDE.includes(one.action))) return 'waiting';
  return row.filedBy === personId || row.opinions.some((one) => one.authorId === personId) ? 'done' : null;
}

/** The late ones first, then the nearest last day; what has no day comes last. */
export function byUrgency(a: Row, b: Row): number {
  const late = Number(b.deadline?.overdue ?? false) - Number(a.deadline?.overdue ?? false);
  return late || (a.deadline?.lastDay ?? '9999').localeCompare(b.deadline?.lastDay ?? '9999');
}
