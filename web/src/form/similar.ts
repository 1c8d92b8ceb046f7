import type { Problem } from '@/api/wire'

/** A record a text is much like; one that is only about to be stored has no id. */
export interface SimilarRecord {
  entity: string
  id?: string
  text: string
}

/** The records a warning names as similar, and how many it does not name. */
export function similarOf(problem: Problem): { named: SimilarRecord[]; more: number } {
  const { entity, similar, more } = problem.params ?? {}
  if (!Array.isArray(similar)) return { named: [], more: 0 }
  const named = similar.map((one: { id?: string; text?: unknown }) => ({
    entity: String(entity),
    text: String(one.text),
    ...(one.id ? { id: one.id } : {}),
  }))
  return { named, more: typeof more === 'number' ? more : 0 }
}

/** Whether a problem is one of likeness, which only the server can find. */
export function isLikeness(problem: Problem): boolean {
  return Array.isArray(problem.params?.['similar'])
}
