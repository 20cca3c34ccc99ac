/** One application as its form, with its opinions, evidence, versions and entries, and what the reader may do with it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App as AntApp, Button, Card, Space, Spin, Timeline } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import { ask, makeRequestId } from '../../api/client';
import { useTold } from '../../app/told';
import { graphql } from '../../gql';
import type { ApplicationQuery, OpinionStage } from '../../gql/graphql';
import { ActDialog, type Asked } from './ActDialog';
import { Evidence } from './Evidence';
import { Versions } from './Versions';
import { findAct } from './acts';

const APPLICATION = graphql(`
  query Application($id: ID!) {
    node(id: $id) {
      __typename
      ... on Application {
        id
        status
        communityKind
        community {
          name
        }
        street {
          name
        }
        tenant {
          name
        }
        form {
          version
          hash
          situation
          narrative
          justification
          contactName
          fixedPhone
          mobilePhone
        }
        formVersions {
          version
        }
        opinions {
          id
          stage
          verdict
          text
          givenAt
          stands
          authorTenant {
            name
          }
        }
        evidence {
          id
          label
          mediaType
          size
        }
        availableActions {
          action
          name
          allowed
          obstacle {
            code
            message
          }
        }
        ledgerEntries(last: 50) {
          edges {
            node {
              id
              seq
              hash
              operation
              recordedAt
            }
          }
        }
      }
    }
  }
`);

type Shown = Extract<NonNullable<ApplicationQuery['node']>, { __typename: 'Application' }>;
const STAGES: readonly OpinionStage[] = ['STREET', 'COUNTY', 'CITY', 'SITE_VISIT'];

export default function Application(): ReactNode {
  const { t, i18n } = useTranslation();
  const told = useTold();
  const { id = '' } = useParams();
  const found = useQuery({ queryKey: ['application', id, i18n.language], queryFn: () => ask(APPLICATION, { id }) });
  if (found.isPending) return <Spin />;
  if (found.isError) return <Alert type="error" showIcon title={told(found.error)} action={<Button onClick={() => void found.refetch()}>{t('again')}</Button>} />;
  const node = found.data.node;
  if (node?.__typename !== 'Application') return <Alert type="warning" showIcon title={t('app.missing')} />;
  return (
    <AntApp>
      <Whole one={node} />
    </AntApp>
  );
}

function Whole({ one }: { one: Shown }): ReactNode {
  const { t, i18n } = useTranslation();
  const { message } = AntApp.useApp();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const when = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Shanghai' });
  const elsewhere = one.availableActions.filter((action) => action.allowed && findAct(action.action) === null).map((action) => action.name);
  const blocked = one.availableActions.filter((action) => !action.allowed && action.obstacle);
  return (
    <div className="cards">
      <Link to="/">← {t('app.back')}</Link>
      <Card title={<h2>{`${one.community.name} · ${t(`status.${one.status}`)}`}</h2>}>
        <Space wrap>
          {one.availableActions
            .filter((action) => action.allowed)
            .map((action) => {
              const act = findAct(action.action);
              const hash = one.form?.hash;
              if (act === null || hash === undefined) return null;
              return (
                <Button key={action.action} type={act.kind === 'opinion' && act.verdict === 'AGREE' ? 'primary' : 'default'} onClick={() => setAsked({ act, name: action.name, requestId: makeRequestId() })}>
                  {action.name}
                </Button>
              );
            })}
        </Space>
        {elsewhere.length > 0 && <p>{t('app.elsewhere', { names: elsewhere.join('、') })}</p>}
        {blocked.length > 0 && (
          <details>
            <summary>{t('app.blocked')}</summary>
            <ul>
              {blocked.map((action) => (
                <li key={action.action}>
                  {action.name}: {action.obstacle?.message}
                </li>
              ))}
            </ul>
          </details>
        )}
      </Card>
      <Card title={<h2>{`${t('app.form')}${one.form ? ` · ${t('app.version', { version: one.form.version })}` : ''}`}</h2>}>
        <table className="paper">
          <tbody>
            <PaperRow label={t('app.community')} text={`${one.tenant.name} / ${one.street.name} / ${one.community.name}`} />
            <PaperRow label={t('app.contact')} text={one.form?.contactName} />
            <PaperRow label={t('app.phone')} text={[one.form?.fixedPhone, one.form?.mobilePhone].filter(Boolean).join(' / ')} />
            <PaperRow label={t('app.situation')} text={one.form?.situation} />
            <PaperRow label={t('app.narrative')} text={one.form?.narrative} />
            {one.form?.justification && <PaperRow label={t('app.justification')} text={one.form.justification} />}
            {STAGES.map((stage) => (
              <tr key={stage}>
                <th scope="row">{t(`app.opinion.${stage}`)}</th>
                <td>
                  {one.opinions.every((opinion) => opinion.stage !== stage) && t('app.noOpinion')}
                  {one.opinions
                    .filter((opinion) => opinion.stage === stage)
                    .map((opinion) => (
                      <div key={opinion.id} className={opinion.stands ? '' : 'stale'} title={opinion.stands ? undefined : t('app.stale')}>
                        <strong>{t(`app.verdict.${opinion.verdict}`)}</strong> {opinion.text}
                        <br />
                        {opinion.authorTenant?.name} {when.format(new Date(opinion.givenAt))}
                      </div>
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      <Evidence files={one.evidence} />
      {one.formVersions.length > 1 && <Versions id={one.id} versions={one.formVersions.map((form) => form.version)} />}
      <Card title={<h2>{t('app.history')}</h2>}>
        <Timeline
          items={one.ledgerEntries.edges.map(({ node }) => ({
            key: node.id,
            content: (
              <>
                {when.format(new Date(node.recordedAt))} · {node.operation} · {t('app.entry', { seq: node.seq })}
                <div className="hash">
                  {t('app.hash')} {node.hash}
                </div>
              </>
            ),
          }))}
        />
      </Card>
      {asked !== null && one.form && (
        <ActDialog
          key={asked.requestId}
          asked={asked}
          applicationId={one.id}
          formHash={one.form.hash}
          communityKind={one.communityKind}
          onClose={() => {
            setAsked(null);
            // What got no answer may be recorded.
            void queries.invalidateQueries();
          }}
          onRecorded={(receipt) => {
            setAsked(null);
            void message.success(t('app.recorded', { ...receipt }));
            void queries.invalidateQueries();
          }}
        />
      )}
    </div>
  );
}

function PaperRow({ label, text }: { label: string; text: string | null | undefined }): ReactNode {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{text}</td>
    </tr>
  );
}
