// Writes a brotli copy beside every text-like file of dist; the server sends it to browsers that take it.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const compressible = /\.(js|css|html|svg|json|wasm)$/

for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name)
  if (!compressible.test(path) || statSync(path).size < 1024) continue
  const raw = readFileSync(path)
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(raw, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: path.endsWith('.wasm') ? 9 : 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
      },
    }),
  )
}
