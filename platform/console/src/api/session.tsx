/** Who is signed in. A token lives in this tab alone; when the server refuses it, one signs in above what is open, and nothing is lost. */
import { useQueryClient } from '@tanstack/react-query';
import { Modal } from 'antd';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { SignIn } from '../app/SignIn';
import { graphql } from '../gql';
import type { ViewerQuery } from '../gql/graphql';
import { ask, setDoor } from './client';

const KEY = 'xingji.token';

const VIEWER = graphql(`
  query Viewer {
    viewer {
      personId
      name
      tenant {
        name
      }
    }
  }
`);

export type Viewer = NonNullable<ViewerQuery['viewer']>;

interface Session {
  viewer: Viewer;
  signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no session');
  return session;
}

export function SessionGate({ children }: { children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [state, setState] = useState<'starting' | 'out' | 'in' | 'expired'>('starting');

  const enter = useCallback(
    async (token: string) => {
      setDoor({ token });
      const { viewer: found } = await ask(VIEWER, {});
      if (found === null || found === undefined) throw new Error('no viewer');
      sessionStorage.setItem(KEY, token);
      setViewer((before) => {
        // Another person must not see what the first one had open.
        if (before !== null && before.personId !== found.personId) queries.clear();
        return found;
      });
      setState('in');
      void queries.invalidateQueries();
    },
    [queries],
  );

  const signOut = useCallback(() => {
    sessionStorage.removeItem(KEY);
    setDoor({ token: null });
    queries.clear();
    setViewer(null);
    setState('out');
  }, [queries]);

  useEffect(() => {
    setDoor({
      refused: () => {
        sessionStorage.removeItem(KEY);
        setState((now) => (now === 'in' || now === 'expired' ? 'expired' : 'out'));
      },
    });
    const kept = sessionStorage.getItem(KEY);
    if (kept === null) setState('out');
    else enter(kept).catch(() => setState('out'));
  }, [enter]);

  const session = useMemo(() => (viewer === null ? null : { viewer, signOut }), [viewer, signOut]);
  if (state === 'starting') return null;
  if (session === null) return <SignIn onToken={enter} />;
  return (
    <SessionContext value={session}>
      <div key={session.viewer.personId}>{children}</div>
      <Modal open={state === 'expired'} title={t('signIn.again')} footer={null} closable={false} keyboard={false}>
        <SignIn onToken={enter} bare />
      </Modal>
    </SessionContext>
  );
}
