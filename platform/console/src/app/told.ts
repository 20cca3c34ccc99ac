import { useTranslation } from 'react-i18next';

import { Refused, UNREACHABLE } from '../api/client';

/** What to tell of an error: the API's own words with their code, ours where no answer came. */
export function useTold(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Refused)) return t('broken');
    return error.code === UNREACHABLE ? t('unreachable') : `${error.message} (${error.code})`;
  };
}
