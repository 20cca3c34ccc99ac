import { useTranslation } from 'react-i18next';

import { Refused, SIGNED_OUT, UNREACHABLE } from '../api/client';

/** What to tell of an error: the API's own words with their code, ours where no answer came. */
export function useTold(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Refused)) return t('broken');
    if (error.code === SIGNED_OUT) return t('signIn.again');
    return error.code === UNREACHABLE ? t('unreachable') : `${error.message} (${error.code})`;
  };
}
