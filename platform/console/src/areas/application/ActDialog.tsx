/** Asks for the words that an act needs and sends it. One request id a dialog: behind no answer the same words are sent again, and nothing is recorded twice. */
import { Alert, Checkbox, Form, Input, Modal } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ask, mayBeRecorded, recorded } from '../../api/client';
import { useTold } from '../../app/told';
import { graphql } from '../../gql';
import { needsConfirmation, needsText, type Act } from './acts';

graphql(`
  fragment Recorded on ApplicationResult {
    __typename
    ... on ApplicationRecorded {
      receipt {
        origin
        sequence
      }
    }
    ... on Refusal {
      code
      message
      clause
    }
  }
`);
const GIVE = graphql(`
  mutation GiveOpinion($requestId: ID!, $input: GiveOpinionInput!) {
    result: giveOpinion(requestId: $requestId, input: $input) {
      ...Recorded
    }
  }
`);
const RETURN = graphql(`
  mutation ReturnApplication($requestId: ID!, $input: ReturnApplicationInput!) {
    result: returnApplication(requestId: $requestId, input: $input) {
      ...Recorded
    }
  }
`);
const SUBMIT = graphql(`
  mutation SubmitApplication($requestId: ID!, $input: SubmitApplicationInput!) {
    result: submitApplication(requestId: $requestId, input: $input) {
      ...Recorded
    }
  }
`);
const WITHDRAW = graphql(`
  mutation WithdrawApplication($requestId: ID!, $input: WithdrawApplicationInput!) {
    result: withdrawApplication(requestId: $requestId, input: $input) {
      ...Recorded
    }
  }
`);

export interface Asked {
  act: Act;
  name: string;
  requestId: string;
}

interface Receipt {
  origin: string;
  sequence: number;
}

interface Props {
  asked: Asked;
  applicationId: string;
  formHash: string;
  communityKind: string | null | undefined;
  onClose: () => void;
  onRecorded: (receipt: Receipt) => void;
}

interface Words {
  text?: string;
  confirmJustification?: boolean;
}

async function perform({ act, requestId }: Asked, applicationId: string, formHash: string, { text = '', confirmJustification = false }: Words): Promise<Receipt> {
  switch (act.kind) {
    case 'opinion':
      return recorded((await ask(GIVE, { requestId, input: { applicationId, formHash, text, stage: act.stage, verdict: act.verdict, confirmJustification } })).result).receipt;
    case 'return':
      return recorded((await ask(RETURN, { requestId, input: { applicationId, formHash, reason: text, stage: act.stage } })).result).receipt;
    case 'submit':
      return recorded((await ask(SUBMIT, { requestId, input: { applicationId, formHash } })).result).receipt;
    case 'withdraw':
      return recorded((await ask(WITHDRAW, { requestId, input: { applicationId, reason: text } })).result).receipt;
  }
}

export function ActDialog({ asked, applicationId, formHash, communityKind, onClose, onRecorded }: Props): ReactNode {
  const { t } = useTranslation();
  const told = useTold();
  const [form] = Form.useForm<Words>();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [sealed, setSealed] = useState(false);

  async function send(words: Words): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      onRecorded(await perform(asked, applicationId, formHash, words));
    } catch (error) {
      setProblem(told(error));
      setSealed(mayBeRecorded(error));
      setBusy(false);
    }
  }

  return (
    <Modal open title={asked.name} okText={t(sealed ? 'again' : 'app.confirm')} cancelText={t('app.cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose}>
      {problem !== null && <Alert type="error" title={problem} role="alert" showIcon />}
      <Form form={form} disabled={sealed} layout="vertical" onFinish={(values) => void send(values)}>
        {asked.act.kind !== 'submit' && (
          <Form.Item name="text" label={t(asked.act.kind === 'opinion' ? 'app.text' : 'app.reason')} rules={[{ required: needsText(asked.act), whitespace: true, message: t('signIn.required') }]}>
            <Input.TextArea rows={4} maxLength={2000} showCount />
          </Form.Item>
        )}
        {needsConfirmation(asked.act, communityKind) && (
          <Form.Item name="confirmJustification" valuePropName="checked" rules={[{ validator: (_, checked) => (checked === true ? Promise.resolve() : Promise.reject(new Error(t('signIn.required')))) }]}>
            <Checkbox>{t('app.confirmJustification')}</Checkbox>
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}
