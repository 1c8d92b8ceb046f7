import '../../public/wasm_exec.js'

import url from '../../public/form.wasm?url'

/** Where the engine is; its name carries the hash of its content, so it is cached for ever. */
export const wasmUrl = url
