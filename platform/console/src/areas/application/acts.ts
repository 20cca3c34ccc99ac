/** Which mutation an action of `availableActions` is, and what it asks of the officer. Those that need more than words, as the city's review item by item, are not here. */
import type { OpinionStage, OpinionVerdict } from '../../gql/graphql';

export type Act =
  | { kind: 'opinion'; stage: OpinionStage; verdict: OpinionVerdict }
  | { kind: 'return'; stage: OpinionStage }
  | { kind: 'submit' }
  | { kind: 'withdraw' };

const ACTS: Readonly<Record<string, Act>> = {
  submit: { kind: 'submit' },
  withdraw: { kind: 'withdraw' },
  street_agree: { kind: 'opinion', stage: 'STREET', verdict: 'AGREE' },
  street_refuse: { kind: 'opinion', stage: 'STREET', verdict: 'REFUSE' },
  street_return: { kind: 'return', stage: 'STREET' },
  county_recommend: { kind: 'opinion', stage: 'COUNTY', verdict: 'AGREE' },
  county_refuse: { kind: 'opinion', stage: 'COUNTY', verdict: 'REFUSE' },
  county_return: { kind: 'return', stage: 'COUNTY' },
  city_refuse: { kind: 'opinion', stage: 'CITY', verdict: 'REFUSE' },
  city_return: { kind: 'return', stage: 'CITY' },
  site_visit_return: { kind: 'return', stage: 'SITE_VISIT' },
};

export function findAct(action: string): Act | null {
  return ACTS[action] ?? null;
}

/** Whether the act needs the officer's words before it can be sent. */
export function needsText(act: Act): boolean {
  return act.kind === 'return' || act.kind === 'withdraw' || (act.kind === 'opinion' && act.verdict !== 'AGREE');
}

/** A county that recommends a village confirms why a village; nobody else does. */
export function needsConfirmation(act: Act, communityKind: string | null | undefined): boolean {
  return communityKind === 'VILLAGE' && act.kind === 'opinion' && act.stage === 'COUNTY' && act.verdict === 'AGREE';
}
