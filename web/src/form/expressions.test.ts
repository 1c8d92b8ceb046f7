import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from './test-engine'

const folder = join(import.meta.dirname, '../../../engine/expr/testdata')

beforeAll(async () => {
  await startEngine()
})

/** The elements of a JSON array as they are written: parsing would round their numbers to doubles. */
function elementsOf(source: string): string[] {
  const token = /"(?:[^"\\]|\\.)*"|[[\]{}]/g
  const elements: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: text, index } of source.matchAll(token)) {
    if (text === '{' || text === '[') {
      depth += 1
      if (depth === 2) start = index
    } else if (text === '}' || text === ']') {
      depth -= 1
      if (depth === 1) elements.push(source.slice(start, index + 1))
    }
  }
  return elements
}

// The same cases are run by `go test`: what the server computes, the browser computes.
describe.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (name) => {
  const source = readFileSync(join(folder, name), 'utf8')
  test('holds in the browser’s engine too', () => {
    const cases = elementsOf(source)
    expect(cases.length).toBe((JSON.parse(source) as unknown[]).length)
    const failed = cases.flatMap((each) => {
      const answer: unknown = JSON.parse(globalThis.formwork?.evalCase(each) ?? '{}')
      return (answer as { pass?: boolean }).pass ? [] : [{ case: each, answer }]
    })
    expect(failed).toEqual([])
  })
})
