import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The other language, by its own name; remembered on this device. */
export function LanguageSwitch(): ReactNode {
  const { i18n } = useTranslation();
  const other = i18n.language === 'zh-CN' ? 'en' : 'zh-CN';
  return (
    <Button type="text" lang={other} onClick={() => void i18n.changeLanguage(other)}>
      {other === 'en' ? 'English' : '中文'}
    </Button>
  );
}
