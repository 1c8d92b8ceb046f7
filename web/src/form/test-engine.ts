import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Engine } from './engine'

const built = join(import.meta.dirname, '../../public')

/** Starts the form engine as a browser would, from the files `make wasm` builds. For tests only. */
export async function startEngine(): Promise<Engine> {
  if (!globalThis.Go) new Function(readFileSync(join(built, 'wasm_exec.js'), 'utf8'))()
  if (!globalThis.Go) throw new Error('wasm_exec.js did not define Go')
  const go = new globalThis.Go()
  const { instance } = await WebAssembly.instantiate(
    new Uint8Array(readFileSync(join(built, 'form.wasm'))),
    go.importObject,
  )
  void go.run(instance)
  if (!globalThis.formwork) throw new Error('the form engine did not start')
  return new Engine(globalThis.formwork)
}
