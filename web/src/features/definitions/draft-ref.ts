import type { Draft } from '@/api/definitions'

/** How a draft names a definition: "entities/project". A kind may come as its folder or in the singular. */
export function draftRef(kind: string, name: string, draft: Draft): string {
  const known = Object.keys(draft.definitions)
  const folders = [kind, `${kind}s`, kind.replace(/y$/, 'ies')]
  return (
    folders.map((folder) => `${folder}/${name}`).find((ref) => known.includes(ref)) ??
    `${kind}/${name}`
  )
}
