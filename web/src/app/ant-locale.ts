import type { Locale } from 'antd/es/locale'
import type { Language } from '@/lib/i18n'

const load: Record<Language, () => Promise<Locale>> = {
  'zh-CN': async () => (await import('antd/locale/zh_CN')).default,
  en: async () => (await import('antd/locale/en_US')).default,
}

const loaded = new Map<Language, Promise<Locale>>()

/** Ant Design's own texts in a language; the same promise each time, so that it can be given to use(). */
export function antLocale(lang: Language): Promise<Locale> {
  let locale = loaded.get(lang)
  if (!locale) {
    locale = load[lang]()
    loaded.set(lang, locale)
  }
  return locale
}
