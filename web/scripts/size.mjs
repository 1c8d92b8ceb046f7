// Fails when the JavaScript needed for the first screen after sign-in (shell and to-do list) is over budget.
// It counts the brotli size of the entry, the routes of that screen and everything they import statically.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const budget = 400 * 1024
const first = ['index.html', 'src/app/shell/app-shell.tsx', 'src/app/routes/home.tsx', 'src/lib/locales/zh-CN.json']
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

const files = new Set()
const visit = (key) => {
  const chunk = manifest[key]
  if (chunk === undefined) throw new Error(`${key} is not a chunk of the build`)
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  for (const imported of chunk.imports ?? []) visit(imported)
}
for (const key of first) visit(key)

const sizeOf = (file) => {
  try {
    return readFileSync(join(dist, `${file}.br`)).length
  } catch {
    return readFileSync(join(dist, file)).length
  }
}
let total = 0
for (const file of [...files].sort()) {
  if (!file.endsWith('.js')) continue
  const size = sizeOf(file)
  total += size
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`)
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KB  of ${budget / 1024} KB`)
if (total > budget) {
  console.error('over budget')
  process.exit(1)
}
