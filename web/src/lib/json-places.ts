/** What is wrong with a text that should be JSON: the words for it are json.faults.* in the locales. */
export type JsonFault =
  | 'value'
  | 'quotes'
  | 'key'
  | 'colon'
  | 'comma'
  | 'trailing'
  | 'string'
  | 'escape'
  | 'number'
  | 'duplicate'
  | 'end'
  | 'more'

/** Where something stands in a text: line and column from 1, offset from 0. */
export interface TextPlace {
  offset: number
  line: number
  column: number
}

export interface JsonPlaces {
  /** The first thing that is wrong; what comes after it was not read. */
  fault?: TextPlace & { code: JsonFault; name?: string }
  /** Where the values stand, by JSON pointer; '' is the whole. */
  values: ReadonlyMap<string, number>
}

/** Reads a JSON text for where its values stand, and what is wrong with it first: also names that stand twice in one object. */
export function jsonPlaces(text: string): JsonPlaces {
  const reader = new Reader(text)
  try {
    reader.whole()
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    const { code, offset, named } = thrown.place
    return {
      values: reader.values,
      fault: { code, ...placeAt(text, offset), ...(named === undefined ? {} : { name: named }) },
    }
  }
  return { values: reader.values }
}

/** The line and column of an offset. */
export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { offset, line, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}

/** Where the value of a pointer stands, or of what it stands in, where it is missing itself. */
export function offsetOf({ values }: JsonPlaces, pointer: string): number {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const offset = values.get(at)
    if (offset !== undefined) return offset
  }
  return values.get('') ?? 0
}

/** Ends the reading where the first thing is wrong. */
class Fault extends Error {
  readonly place: { code: JsonFault; offset: number; named: string | undefined }

  constructor(code: JsonFault, offset: number, named?: string) {
    super(code)
    this.place = { code, offset, named }
  }
}

const literals = ['true', 'false', 'null'] as const
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const word = /[\p{L}\p{N}_$'’“”.-]/u
const escapes = new Set('"\\/bfnrt')

class Reader {
  readonly values = new Map<string, number>()
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  whole(): void {
    this.value('')
    this.blanks()
    if (this.at < this.text.length) this.fail('more')
  }

  private get next(): string {
    return this.text[this.at] ?? ''
  }

  private fail(code: JsonFault, offset = this.at, name?: string): never {
    throw new Fault(this.at >= this.text.length && code !== 'string' ? 'end' : code, offset, name)
  }

  private blanks(): void {
    while (this.next !== '' && ' \t\r\n'.includes(this.next)) this.at++
  }

  private take(sign: string): boolean {
    if (this.next !== sign) return false
    this.at++
    return true
  }

  private value(pointer: string): void {
    this.blanks()
    this.values.set(pointer, this.at)
    if (this.take('{')) this.object(pointer)
    else if (this.take('[')) this.array(pointer)
    else if (this.next === '"') this.string()
    else this.word()
  }

  /** A number, or true, false, null. */
  private word(): void {
    number.lastIndex = this.at
    const found =
      literals.find((each) => this.text.startsWith(each, this.at)) ?? number.exec(this.text)?.[0]
    if (found === undefined) this.fail(word.test(this.next) ? 'quotes' : 'value')
    this.at += found.length
    if (word.test(this.next)) this.fail('number')
  }

  private object(pointer: string): void {
    this.blanks()
    if (this.take('}')) return
    const names = new Set<string>()
    do {
      this.blanks()
      const start = this.at
      if (this.next === '}') this.fail('trailing', this.text.lastIndexOf(',', this.at))
      if (this.next !== '"') this.fail('key')
      const name = this.string()
      if (names.has(name)) this.fail('duplicate', start, name)
      names.add(name)
      this.blanks()
      if (!this.take(':')) this.fail('colon')
      this.value(`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      this.blanks()
    } while (this.take(','))
    if (!this.take('}')) this.fail('comma', this.afterValue())
  }

  private array(pointer: string): void {
    this.blanks()
    if (this.take(']')) return
    let index = 0
    do {
      this.blanks()
      if (this.next === ']') this.fail('trailing', this.text.lastIndexOf(',', this.at))
      this.value(`${pointer}/${index}`)
      index++
      this.blanks()
    } while (this.take(','))
    if (!this.take(']')) this.fail('comma', this.afterValue())
  }

  /** Where the value ended behind which a comma is missing: there people look for it. */
  private afterValue(): number {
    return this.text.slice(0, this.at).trimEnd().length
  }

  private string(): string {
    const start = this.at
    this.at++
    while (this.next !== '"') {
      if (this.next === '' || this.next === '\n') this.fail('string', start)
      if (this.next === '\\') this.escape()
      else if (this.next < ' ') this.fail('escape')
      else this.at++
    }
    this.at++
    return JSON.parse(this.text.slice(start, this.at)) as string
  }

  private escape(): void {
    const start = this.at
    const sign = this.text[this.at + 1] ?? ''
    if (sign === 'u' && /^[0-9a-fA-F]{4}$/.test(this.text.slice(this.at + 2, this.at + 6))) {
      this.at += 6
      return
    }
    if (!escapes.has(sign)) this.fail('escape', start)
    this.at += 2
  }
}
