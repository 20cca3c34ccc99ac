import { Alert, Button, ConfigProvider, Spin } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { Suspense, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Link, NavLink, Route, Routes } from 'react-router';

import { SessionGate, useSession } from '../api/session';
import { LanguageSwitch } from './LanguageSwitch';
import { AREAS } from './areas';

export function App(): ReactNode {
  const { i18n } = useTranslation();
  return (
    <ConfigProvider locale={i18n.language === 'en' ? enUS : zhCN} theme={{ token: { colorPrimary: '#0958d9', colorPrimaryHover: '#003eb3', colorLink: '#0958d9', colorTextDescription: '#595959', colorTextDisabled: '#595959', colorTextPlaceholder: '#595959', colorError: '#cf1322', motion: false } }}>
      <SessionGate>
        <BrowserRouter basename="/console">
          <Shell>
            <Routes>
              {AREAS.map(({ path, page: Page }) => (
                <Route key={path} path={path} element={<Page />} />
              ))}
              <Route path="*" element={<NoPage />} />
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
      <nav className="menu" aria-label={t('menu')}>
        {AREAS.filter((area) => area.menu !== undefined).map((area) => (
          <NavLink key={area.path} to={area.path} end>
            {t(area.menu ?? '')}
          </NavLink>
        ))}
      </nav>
      <main className="page" id="main">
        <Suspense fallback={<Spin />}>{children}</Suspense>
      </main>
    </>
  );
}

function NoPage(): ReactNode {
  const { t } = useTranslation();
  return <Alert type="warning" showIcon title={t('noPage')} action={<Link to="/">{t('menu.tray')}</Link>} />;
}
