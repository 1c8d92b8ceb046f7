/// <reference types="vite/client" />

// Made by `make wasm`, so the type checker must not depend on them being there.
declare module '*/wasm_exec.js'
declare module '*.wasm?url' {
  const url: string
  export default url
}
