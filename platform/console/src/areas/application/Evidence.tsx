/** The files of an application: looked at here where a browser can, else downloaded; each fetched with the reader's own token. */
import { Alert, Button, Card, Modal } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { fetchFile } from '../../api/client';
import { useTold } from '../../app/told';

interface File {
  id: string;
  label: string;
  mediaType: string;
  size: number;
}

export function Evidence({ files }: { files: readonly File[] }): ReactNode {
  const { t } = useTranslation();
  const told = useTold();
  const [open, setOpen] = useState<{ file: File; url: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (files.length === 0) return null;

  async function look(file: File): Promise<void> {
    setProblem(null);
    try {
      setOpen({ file, url: URL.createObjectURL(await fetchFile(`/evidence/${encodeURIComponent(file.id)}`)) });
    } catch (error) {
      setProblem(told(error));
    }
  }
  function close(): void {
    if (open !== null) URL.revokeObjectURL(open.url);
    setOpen(null);
  }

  return (
    <Card title={<h2>{t('app.evidence')}</h2>}>
      {problem !== null && <Alert type="error" title={problem} role="alert" showIcon />}
      <ul>
        {files.map((file) => (
          <li key={file.id}>
            {file.label} ({file.mediaType}, {Math.ceil(file.size / 1024)} kB){' '}
            <Button size="small" onClick={() => void look(file)}>
              {t('app.preview')}
            </Button>
          </li>
        ))}
      </ul>
      <Modal open={open !== null} title={open?.file.label} footer={open && <a href={open.url} download={open.file.label}>{t('app.download')}</a>} onCancel={close} width={900}>
        {open?.file.mediaType.startsWith('image/') && <img src={open.url} alt={open.file.label} style={{ maxWidth: '100%' }} />}
        {open?.file.mediaType === 'application/pdf' && <iframe src={open.url} title={open.file.label} style={{ width: '100%', height: '70vh', border: 0 }} />}
        {open !== null && !/^(image\/|application\/pdf$)/.test(open.file.mediaType) && t('app.noPreview')}
      </Modal>
    </Card>
  );
}
