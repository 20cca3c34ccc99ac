/** Two versions of the form, field by field: what changed, before and after. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Card, Select, Space, Spin } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ask } from '../../api/client';
import { useTold } from '../../app/told';
import { graphql } from '../../gql';

const COMPARISON = graphql(`
  query Comparison($id: ID!, $from: Int!, $to: Int!) {
    node(id: $id) {
      __typename
      ... on Application {
        comparison(from: $from, to: $to) {
          field
          label
          changed
          before
          after
        }
      }
    }
  }
`);

export function Versions({ id, versions }: { id: string; versions: readonly number[] }): ReactNode {
  const { t, i18n } = useTranslation();
  const told = useTold();
  const sorted = [...versions].sort((a, b) => a - b);
  const [from, setFrom] = useState(sorted.at(-2) ?? 1);
  const [to, setTo] = useState(sorted.at(-1) ?? 1);
  const found = useQuery({ queryKey: ['comparison', id, from, to, i18n.language], queryFn: () => ask(COMPARISON, { id, from, to }) });
  const options = sorted.map((version) => ({ value: version, label: t('app.version', { version }) }));
  const node = found.data?.node;
  const rows = node?.__typename === 'Application' ? (node.comparison ?? []).filter((row) => row.changed !== false) : [];
  return (
    <Card title={<h2>{t('app.versions')}</h2>}>
      <Space style={{ marginBottom: 8 }}>
        <Select aria-label={t('app.before')} options={options} value={from} onChange={setFrom} />→
        <Select aria-label={t('app.after')} options={options} value={to} onChange={setTo} />
      </Space>
      {found.isPending && <Spin />}
      {found.isError && <Alert type="error" title={told(found.error)} />}
      <table className="paper">
        <thead>
          <tr>
            <td />
            <th scope="col">{t('app.before')}</th>
            <th scope="col">{t('app.after')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.field}>
              <th scope="row">{row.label}</th>
              <td>{row.before}</td>
              <td>{row.after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
