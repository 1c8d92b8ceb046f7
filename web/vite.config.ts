import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const src = fileURLToPath(new URL('./src', import.meta.url))

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': src } },
  // public/ holds what `make wasm` builds; the code imports it by URL so that its name carries its hash.
  publicDir: false,
  assetsInclude: ['**/*.wasm'],
  build: {
    target: 'es2023',
    manifest: true,
    // Inlined assets would be data: URLs, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: {
    proxy: { '/api': process.env['FORMWORK_API'] ?? 'http://127.0.0.1:8080' },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'happy-dom',
    setupFiles: ['src/test-setup.ts'],
    testTimeout: 60_000, // a test that hangs fails; a busy machine is no failure
  },
})
