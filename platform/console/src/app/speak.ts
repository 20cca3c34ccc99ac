/** Adds an area's texts when its page is loaded, so that an officer's first look carries only its own. */
import i18n from 'i18next';

export function addTexts<T extends Record<string, string>>(zh: T, en: Record<keyof T, string>): void {
  i18n.addResourceBundle('zh-CN', 'translation', zh);
  i18n.addResourceBundle('en', 'translation', en);
}
