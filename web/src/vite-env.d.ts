/// <reference types="vite/client" />

// Made by `make wasm`, so the type checker must not depend on them being there.
declare module '*/wasm_exec.js'
declare module '*.wasm?url' {
  const url: string
  // biome-ignore lint/style/noDefaultExport: the bundler's convention for assets
  export default url
}
