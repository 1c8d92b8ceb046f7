/** One step of a JSON patch (RFC 6902), as far as fixes of definitions use it. */
export interface PatchStep {
  op: string
  path: string
  from?: string
  value?: unknown
}

type Json = Record<string, unknown> | unknown[]

/** Applies a patch to a document and gives the new one; undefined if a step does not fit. The old one stays as it is. */
export function applyJsonPatch<T>(document: T, patch: readonly PatchStep[]): T | undefined {
  const copy: unknown = structuredClone(document)
  for (const step of patch) {
    if (!applyStep(copy, step)) return undefined
  }
  return copy as T
}

function applyStep(document: unknown, step: PatchStep): boolean {
  const place = placeOf(document, step.path)
  if (!place) return false
  switch (step.op) {
    case 'add':
      return insert(place.parent, place.key, step.value)
    case 'replace':
      return has(place) && put(place.parent, place.key, step.value)
    case 'remove':
      return has(place) && take(place.parent, place.key) !== missing
    case 'move': {
      const from = placeOf(document, step.from ?? '')
      if (!from || !has(from)) return false
      const value = take(from.parent, from.key)
      const to = placeOf(document, step.path)
      return to !== undefined && value !== missing && insert(to.parent, to.key, value)
    }
    default:
      return false
  }
}

const missing = Symbol('missing')

interface Place {
  parent: Json
  key: string
}

/** The object or list a pointer leads into, and the last step of it. */
function placeOf(document: unknown, pointer: string): Place | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = keys.pop()
  let at: unknown = document
  for (const each of keys) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Array.isArray(at) ? at[Number(each)] : (at as Record<string, unknown>)[each]
  }
  if (key === undefined || typeof at !== 'object' || at === null) return undefined
  return { parent: at as Json, key }
}

function has({ parent, key }: Place): boolean {
  return Array.isArray(parent) ? Number(key) < parent.length : Object.hasOwn(parent, key)
}

function put(parent: Json, key: string, value: unknown): boolean {
  if (Array.isArray(parent)) parent[Number(key)] = value
  else parent[key] = value
  return true
}

function insert(parent: Json, key: string, value: unknown): boolean {
  if (!Array.isArray(parent)) {
    parent[key] = value
    return true
  }
  const index = key === '-' ? parent.length : Number(key)
  if (!(index >= 0 && index <= parent.length)) return false
  parent.splice(index, 0, value)
  return true
}

function take(parent: Json, key: string): unknown {
  if (Array.isArray(parent)) return parent.splice(Number(key), 1)[0] ?? missing
  const value = parent[key] ?? missing
  delete parent[key]
  return value
}
