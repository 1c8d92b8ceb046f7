import i18next from 'i18next'
import { translateIfKnown } from '../i18n'
import { isFailure } from './failure'
import { transportText } from './transport'

/** What a refused command says to the person: what happened and what he can do. */
export function explain(error: unknown): string {
  if (!isFailure(error)) return i18next.t('errors.page')
  const known =
    namingPeople(error.code, error.params?.['users']) ??
    translateIfKnown(`errors.${error.code}`, told(error.params))
  if (known) return known
  const problem = translateIfKnown(`problems.${error.code}`, error.params)
  return problem ?? i18next.t('errors.unknown', { code: error.code })
}

/** A refusal because of people names them, where it has words for that. */
function namingPeople(code: string, users: unknown): string | undefined {
  if (!Array.isArray(users) || users.length === 0) return undefined
  const names = new Intl.ListFormat(i18next.language, { style: 'narrow' }).format(users.map(String))
  return translateIfKnown(`errors.${code}_named`, { users: names })
}

/** What the network said stands among the params as it said it. */
function told(params: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const said = params?.['said']
  return typeof said === 'string' ? { ...params, said: transportText(said) } : params
}

/** What one refused definition is refused for, with the place in it; none for other refusals. */
export function findingsIn(error: unknown, ref: string): { path: string; text: string }[] {
  if (!isFailure(error)) return []
  return (error.findings ?? [])
    .filter((finding) => finding.ref === ref)
    .map(({ path, code, params }) => ({
      path,
      text: translateIfKnown(`findings.${code}`, params) ?? code,
    }))
}

/** What refused definitions are refused for, each with its place; none for other refusals. */
export function findingsOf(error: unknown): string[] {
  if (!isFailure(error)) return []
  return (error.findings ?? []).map(({ ref, path, code, params }) => {
    const what = translateIfKnown(`findings.${code}`, params) ?? code
    return `${what} ${[ref, path].filter(Boolean).join(' ')}`
  })
}

/**
 * What is wrong with one value and how to mend it. A rule of the definition has its own message, with the values
 * it names in braces; everything else is told by its code.
 */
export function problemText(
  problem: { code: string; params?: Record<string, unknown> },
  message?: string,
): string {
  if (message) {
    return message.replace(/\{([a-z_]+)\}/g, (all, name: string) =>
      String(problem.params?.[name] ?? all),
    )
  }
  return (
    translateIfKnown(`problems.${problem.code}${variant(problem.params)}`, problem.params) ??
    translateIfKnown(`problems.${problem.code}`, problem.params) ??
    translateIfKnown(`errors.${problem.code}`, problem.params) ??
    i18next.t('problems.unknown', { code: problem.code })
  )
}

/** One code may be told in several sentences: "items" says too few or too many, "pattern" of what, "file" why. */
function variant(params: Record<string, unknown> | undefined): string {
  for (const name of ['type', 'reason']) {
    if (typeof params?.[name] === 'string') return `_${params[name]}`
  }
  return `_${['digits', 'min', 'max'].find((name) => params?.[name] !== undefined) ?? ''}`
}
