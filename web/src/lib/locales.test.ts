import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import en from './locales/en.json'
import zh from './locales/zh-CN.json'

type Texts = { [key: string]: string | Texts }

function flat(texts: Texts, prefix = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') all.set(prefix + key, value)
    else for (const [path, text] of flat(value, `${prefix}${key}.`)) all.set(path, text)
  }
  return all
}

const chinese = flat(zh)
const english = flat(en)

/** Chinese has one plural form where English has two. */
const base = (key: string) => key.replace(/_(one|other)$/, '')
const placeholders = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()

test('both languages have the same texts', () => {
  const keys = (texts: Map<string, string>) => [...new Set([...texts.keys()].map(base))].sort()
  expect(keys(english)).toEqual(keys(chinese))
})

test('a text names the same values in both languages', () => {
  for (const [key, text] of chinese) {
    const other = english.get(key)
    expect(other && placeholders(other), key).toEqual(placeholders(text))
  }
})

test('no text is empty, and English is not Chinese', () => {
  for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('')
  for (const [key, text] of english) expect(text, key).not.toMatch(/[一-鿿]/)
})

const root = join(import.meta.dirname, '../../..')

function goSources(folder: string): string {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')
}

/** What the server's sources say it answers with, so that a new code without words fails here. */
const sources = {
  'the table of the API': [...goSources('api').matchAll(/Status\w+, "([a-z_]+)"\}/g)],
  'the refusals of flows': [...goSources('engine/flow').matchAll(/\bCode[A-Z]\w* += "([a-z_]+)"/g)],
  passwords: [...goSources('engine/identity').matchAll(/PasswordError\{Code: "([a-z_]+)"/g)],
}

test.each(Object.entries(sources))('every code of %s has words', (_, matches) => {
  const codes = [...new Set(matches.map((match) => match[1]))]
  expect(codes.length).toBeGreaterThan(2)
  expect(codes.filter((code) => !chinese.has(`errors.${code}`))).toEqual([])
})

test('every code of filters has words', () => {
  const codes = [...goSources('engine/query').matchAll(/\bCode[A-Z]\w* += "([a-z_]+)"/g)].map(
    (match) => match[1],
  )
  expect(codes.length).toBeGreaterThan(5)
  expect(codes.filter((code) => !chinese.has(`errors.filter_${code}`))).toEqual([])
})

test('every code of workbooks has words', () => {
  const source = goSources('engine/sheet')
  const whole = [...source.matchAll(/fileError\("([a-z_]+)"/g)].map((match) => match[1])
  const params = ['text', 'entity'] // of codes that stand in variables
  const cells = [...source.matchAll(/(?:\.fail\(.+?, |\.add\(.+?, |code\w+ += )"([a-z_]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !params.includes(name))
  expect(new Set(whole).size).toBeGreaterThan(8)
  expect(new Set(cells).size).toBeGreaterThan(10)
  expect(whole.filter((code) => !chinese.has(`errors.${code}`))).toEqual([])
  const known = (code: string) => chinese.has(`problems.${code}`) || chinese.has(`errors.${code}`)
  expect(cells.filter((code) => !known(code))).toEqual([])
})

test('every code the form engine gives for a value has words', () => {
  const code = /(?:fault\(|refused\(raw, |Code: |code: |entryProblem\([^,]+, )"([a-z_]+)"/g
  const codes = new Set([...goSources('engine/form').matchAll(code)].map((match) => match[1]))
  expect(codes.size).toBeGreaterThan(8)
  const known = (name: string) =>
    [...chinese.keys()].some(
      (key) => key === `problems.${name}` || key.startsWith(`problems.${name}_`),
    )
  expect([...codes].filter((name) => name && !known(name))).toEqual([])
})
