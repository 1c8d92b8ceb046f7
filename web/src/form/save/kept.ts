import type { Values } from '@/api/wire'

/** What somebody typed into a form and has not saved yet. */
export interface Kept {
  /** When it was kept, in milliseconds of the server's time. */
  at: number
  /** What differs from what the form began with; see patchOf. */
  patch: Values
  /** The display texts of references in it. */
  names: Record<string, string>
}

/** Files that were sent and stand nowhere are thrown away after a day; what is typed goes with them. */
const lasts = 24 * 60 * 60 * 1000

const prefix = 'formwork-kept/'

/** Where something is kept: whose it is and what form it is of. */
export function keyOf(parts: readonly string[]): string {
  return prefix + parts.map(encodeURIComponent).join('/')
}

/** Keeps it in this tab of the browser, over a reload and when a phone has closed the page to save memory. */
export function keep(key: string, kept: Kept): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept))
  } catch {
    // There is no room, or the browser keeps nothing: the page still holds it.
  }
}

/** What is kept there, unless it has grown too old or cannot be read. */
export function keptAt(key: string, now: number): Kept | undefined {
  const kept = read(key)
  if (!kept || now - kept.at > lasts) return undefined
  return kept
}

/** Forgets it: it was saved, or its writer does not want it. */
export function drop(key: string): void {
  try {
    sessionStorage.removeItem(key)
  } catch {
    // Nothing is kept where nothing can be.
  }
}

/** Forgets all there is: whoever uses the tab next is somebody else. */
export function dropAll(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) drop(key)
  } catch {
    // Nothing is kept where nothing can be.
  }
}

function read(key: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    return isKept(kept) ? kept : undefined
  } catch {
    return undefined
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false
  const { at, patch, names } = value as Partial<Record<keyof Kept, unknown>>
  return typeof at === 'number' && isObject(patch) && isObject(names)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
