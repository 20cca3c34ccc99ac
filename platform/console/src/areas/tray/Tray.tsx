/** What waits for the reader, what the reader did, and what ended: applications in reach, page by page. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Alert, Button, Table, Tabs, Tag, type TableColumnsType } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ask } from '../../api/client';
import { useSession } from '../../api/session';
import { useTold } from '../../app/told';
import { graphql } from '../../gql';
import type { TrayQuery } from '../../gql/graphql';
import { byUrgency, findTray, type Tray as Which } from './sorting';

const TRAY = graphql(`
  query Tray($after: String) {
    applications(first: 50, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          status
          filedBy
          community {
            name
          }
          street {
            name
          }
          opinions {
            authorId
          }
          deadline {
            name
            lastDay
            workingDaysLeft
            overdue
          }
          availableActions {
            action
            name
            allowed
          }
        }
      }
    }
  }
`);

type Row = TrayQuery['applications']['edges'][number]['node'];
const TRAYS: readonly Which[] = ['waiting', 'done', 'closed'];

export default function Tray(): ReactNode {
  const { t, i18n } = useTranslation();
  const told = useTold();
  const { viewer } = useSession();
  const pages = useInfiniteQuery({
    queryKey: ['tray', viewer.personId, i18n.language],
    queryFn: ({ pageParam }) => ask(TRAY, { after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ applications: { pageInfo } }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : undefined),
  });
  if (pages.isError) return <Alert type="error" showIcon title={told(pages.error)} action={<Button onClick={() => void pages.refetch()}>{t('again')}</Button>} />;
  const rows = (pages.data?.pages ?? []).flatMap((page) => page.applications.edges.map((edge) => edge.node));
  const total = pages.data?.pages[0]?.applications.totalCount ?? 0;
  const columns: TableColumnsType<Row> = [
    { title: t('tray.community'), key: 'community', render: (_, row) => <Link to={`/applications/${encodeURIComponent(row.id)}`}>{row.community.name}</Link> },
    { title: t('tray.street'), key: 'street', render: (_, row) => row.street.name },
    { title: t('tray.status'), key: 'status', render: (_, row) => t(`status.${row.status}`) },
    { title: t('tray.deadline'), key: 'deadline', render: (_, row) => <DeadlineShown row={row} /> },
    {
      title: t('tray.possible'),
      key: 'actions',
      responsive: ['md'],
      render: (_, row) => row.availableActions.filter((one) => one.allowed).map((one) => <Tag key={one.action}>{one.name}</Tag>),
    },
  ];
  return (
    <>
      <Tabs
        items={TRAYS.map((which) => {
          const own = rows.filter((row) => findTray(row, viewer.personId) === which).sort(byUrgency);
          return {
            key: which,
            label: `${t(`tray.${which}`)} (${own.length})`,
            children: (
              <Table<Row> rowKey="id" size="small" columns={columns} dataSource={own} pagination={false} loading={pages.isPending} locale={{ emptyText: t('tray.empty') }} scroll={{ x: 'max-content' }} />
            ),
          };
        })}
      />
      {pages.hasNextPage && (
        <p>
          {t('tray.loaded', { loaded: rows.length, total })} <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t('more')}</Button>
        </p>
      )}
    </>
  );
}

function DeadlineShown({ row }: { row: Row }): ReactNode {
  const { t } = useTranslation();
  const deadline = row.deadline;
  if (deadline === null || deadline === undefined) return null;
  return (
    <>
      {deadline.lastDay} {deadline.overdue && <Tag color="error">{t('tray.late')}</Tag>}
      {!deadline.overdue && typeof deadline.workingDaysLeft === 'number' && t('tray.left', { count: deadline.workingDaysLeft })}
    </>
  );
}
