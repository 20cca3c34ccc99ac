import { Button, ConfigProvider, Spin } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { Suspense, lazy, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Link, Route, Routes } from 'react-router';

import { SessionGate, useSession } from '../api/session';
import { LanguageSwitch } from './LanguageSwitch';

const Tray = lazy(() => import('../areas/tray/Tray'));
const Application = lazy(() => import('../areas/application/Application'));

export function App(): ReactNode {
  const { i18n } = useTranslation();
  return (
    <ConfigProvider locale={i18n.language === 'en' ? enUS : zhCN} theme={{ token: { colorPrimary: '#0958d9', colorPrimaryHover: '#003eb3', colorLink: '#0958d9', colorTextDescription: '#595959', colorTextDisabled: '#595959', colorTextPlaceholder: '#595959', colorError: '#cf1322', motion: false } }}>
      <SessionGate>
        <BrowserRouter basename="/console">
          <Shell>
            <Routes>
              <Route path="/applications/:id" element={<Application />} />
              <Route path="*" element={<Tray />} />
            </Routes>
          </Shell>
        </BrowserRouter>
      </SessionGate>
    </ConfigProvider>
  );
}

function Shell({ children }: { children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const { viewer, signOut } = useSession();
  return (
    <>
      <a className="skip" href="#main">
        {t('skip')}
      </a>
      <header className="head">
        <h1>
          <Link to="/">{t('title')}</Link>
        </h1>
        <span className="who">
          {viewer.tenant.name} {viewer.name}
        </span>
        <LanguageSwitch />
        <Button type="text" onClick={signOut}>
          {t('signOut')}
        </Button>
      </header>
      <main className="page" id="main">
        <Suspense fallback={<Spin />}>{children}</Suspense>
      </main>
    </>
  );
}
