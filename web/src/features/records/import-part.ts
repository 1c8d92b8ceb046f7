import type { ImportRun } from '@/api/sheets'

/**
 * How much of an import is done, in percent. Records are counted, of which a line makes one or a part of one: the
 * rows are the most there can be. A check before storing is the first third.
 */
export function partOf(
  run: Pick<ImportRun, 'status' | 'phase' | 'order' | 'rows' | 'records'>,
): number {
  if (run.status === 'waiting' || run.rows === 0) return 0
  const part = Math.min(1, run.records / run.rows)
  if (run.phase === 'check') return Math.round(part * 33)
  if (run.order.all) return Math.round(33 + part * 66)
  return Math.round(part * 99)
}
