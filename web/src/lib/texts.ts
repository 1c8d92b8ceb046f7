import { currentLanguage } from './i18n'

/** Texts of a definition: in the language of its template, and in others beside it. */
export interface Titled {
  title?: string | undefined
  name?: string | undefined
  'x-i18n'?: Record<string, Record<string, string>> | undefined
}

/** One text of a definition in the reader's language; the template's own text where there is no translation. */
export function textOf(
  definition: Titled,
  key: 'title' | 'help' | 'placeholder' | 'message' | 'description',
): string | undefined {
  const lang = currentLanguage()
  const own = (definition as Record<string, unknown>)[key]
  return definition['x-i18n']?.[lang]?.[key] ?? (typeof own === 'string' ? own : undefined)
}

/** The title in the reader's language, else the name. */
export function titleOf(definition: Titled): string {
  return textOf(definition, 'title') ?? definition.name ?? ''
}
