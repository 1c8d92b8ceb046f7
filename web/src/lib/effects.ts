import { translateIfKnown } from './i18n'

/** What an effect does, in words: "create · posting". */
export function effectText(effect: {
  kind: string
  do?: string
  to?: string
  label?: string
}): string {
  const key = effect.do ?? effect.kind
  const what = translateIfKnown(`automation.effect.${key}`) ?? key
  const whom = effect.label ?? effect.to
  return whom ? `${what} · ${whom}` : what
}

/** Why an effect failed, in words. */
export function effectError(code: string): string {
  return translateIfKnown(`automation.error.${code}`) ?? translateIfKnown(`errors.${code}`) ?? code
}
