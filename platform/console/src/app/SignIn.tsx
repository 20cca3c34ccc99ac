import { Alert, Button, Card, Form, Input } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ask, recorded } from '../api/client';
import { graphql } from '../gql';
import type { SignInInput } from '../gql/graphql';
import { LanguageSwitch } from './LanguageSwitch';
import { useTold } from './told';

const SIGN_IN = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      __typename
      ... on SignedIn {
        token
      }
      ... on Refusal {
        code
        message
        clause
      }
    }
  }
`);

export function SignIn({ onToken, bare = false }: { onToken: (token: string) => Promise<void>; bare?: boolean }): ReactNode {
  const { t } = useTranslation();
  const told = useTold();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function send(input: SignInInput): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      await onToken(recorded((await ask(SIGN_IN, { input })).signIn).token);
    } catch (error) {
      setProblem(told(error));
    } finally {
      setBusy(false);
    }
  }

  const form = (
    <Form<SignInInput> layout="vertical" onFinish={(input) => void send(input)} requiredMark={false}>
      {problem !== null && <Alert type="error" title={problem} role="alert" showIcon style={{ marginBottom: 16 }} />}
      <Form.Item name="tenantCode" label={t('signIn.tenant')} rules={[{ required: true, message: t('signIn.required') }]}>
        <Input inputMode="numeric" autoComplete="organization" maxLength={12} />
      </Form.Item>
      <Form.Item name="login" label={t('signIn.login')} rules={[{ required: true, message: t('signIn.required') }]}>
        <Input autoComplete="username" maxLength={100} />
      </Form.Item>
      <Form.Item name="password" label={t('signIn.password')} rules={[{ required: true, message: t('signIn.required') }]}>
        <Input.Password autoComplete="current-password" maxLength={200} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy} block>
        {t('signIn.enter')}
      </Button>
    </Form>
  );
  if (bare) return form;
  return (
    <main className="door">
      <Card title={<h1>{t('title')}</h1>} extra={<LanguageSwitch />}>
        {form}
      </Card>
    </main>
  );
}
