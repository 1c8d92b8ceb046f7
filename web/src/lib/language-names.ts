import type { Language } from './i18n'

/** The languages in their own words: whoever reads only one of them must find it. */
export const languageNames: Record<Language, string> = { 'zh-CN': '中文', en: 'English' }
