import '../../public/wasm_exec.js'

/** Where the engine is; its name carries the hash of its content, so it is cached for ever. */
export { default as wasmUrl } from '../../public/form.wasm?url'
