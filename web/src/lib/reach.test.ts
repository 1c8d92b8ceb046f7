import { expect, test } from 'vitest'
import { isReached, noteReached, onReach } from './reach'

test('who shows whether the server answers hears of it once for each change', () => {
  const heard: boolean[] = []
  const stop = onReach(() => heard.push(isReached()))
  for (const yes of [true, false, false, true]) noteReached(yes)
  stop()
  noteReached(false)
  expect(heard).toEqual([false, true])
  expect(isReached()).toBe(false)
  noteReached(true)
})
