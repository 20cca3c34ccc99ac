import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import i18n from 'i18next';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { initReactI18next } from 'react-i18next';

import { Refused, UNREACHABLE, setDoor } from './api/client';
import { App } from './app/App';
import { en, zh } from './app/texts';
import './app/style.css';

const LANGUAGE = 'xingji.language';

function speak(language: string): void {
  localStorage.setItem(LANGUAGE, language);
  document.documentElement.lang = language;
  setDoor({ locale: language });
}

const language = localStorage.getItem(LANGUAGE) === 'en' ? 'en' : 'zh-CN';
speak(language);
i18n.on('languageChanged', speak);
void i18n.use(initReactI18next).init({
  lng: language,
  fallbackLng: 'zh-CN',
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  resources: { 'zh-CN': { translation: zh }, en: { translation: en } },
});

// Only what got no answer is worth asking again; a refusal stays one.
const queries = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => count < 2 && error instanceof Refused && error.code === UNREACHABLE } },
});

const root = document.getElementById('root');
if (root === null) throw new Error('no root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
