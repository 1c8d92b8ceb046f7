import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type zh from './locales/zh-CN.json'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof zh }
  }
}

/** The languages the user interface speaks; the first is the default. */
export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

const load: Record<Language, () => Promise<{ default: object }>> = {
  'zh-CN': () => import('./locales/zh-CN.json'),
  en: () => import('./locales/en.json'),
}

/** The language to use for a tag such as "en-GB": the first of ours with the same primary subtag, else Chinese. */
export function languageFor(tag: string | undefined): Language {
  const primary = tag?.split('-')[0]?.toLowerCase()
  return languages.find((lang) => lang.split('-')[0]?.toLowerCase() === primary) ?? languages[0]
}

/** The language shown now. */
export function currentLanguage(): Language {
  return languageFor(i18next.resolvedLanguage ?? i18next.language)
}

/** Starts translation in the given language. Call once, before the first render. */
export async function startI18n(lang: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: lang,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  await switchLanguage(lang)
}

/** Loads a language and switches to it. The document says so too: screen readers choose their voice by it. */
export async function switchLanguage(lang: Language): Promise<void> {
  if (!i18next.hasResourceBundle(lang, 'translation')) {
    i18next.addResourceBundle(lang, 'translation', (await load[lang]()).default)
  }
  await i18next.changeLanguage(lang)
  document.documentElement.lang = lang
}

/** Translates a key that is only known at run time; undefined when there is no such text. */
export function translateIfKnown(
  key: string,
  params?: Record<string, unknown>,
): string | undefined {
  if (!i18next.exists(key, params)) return undefined
  const translate = i18next.t as unknown as (
    key: string,
    params?: Record<string, unknown>,
  ) => string
  return translate(key, params)
}
