import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const OUT = resolve(import.meta.dirname, '../src/lrcp/web/static')

/** The API reference: Scalar's own browser build, copied beside ours, so that /docs needs no network. */
function apiReference(): Plugin {
  return {
    name: 'api-reference',
    apply: 'build',
    closeBundle() {
      const main = createRequire(import.meta.url).resolve('@scalar/api-reference')
      const root = main.slice(0, main.lastIndexOf(join('@scalar', 'api-reference')) + join('@scalar', 'api-reference').length)
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
      const name = `assets/scalar-${version}.js`
      mkdirSync(dirname(join(OUT, name)), { recursive: true })
      copyFileSync(join(root, 'dist/browser/standalone.js'), join(OUT, name))
      const page = readFileSync(resolve(import.meta.dirname, 'docs.html'), 'utf8')
      writeFileSync(join(OUT, 'docs.html'), page.replace('%SCALAR%', `/${name}`))
    },
  }
}

export default defineConfig({
  plugins: [react(), tailwindcss(), apiReference()],
  build: { outDir: OUT, emptyOutDir: true, chunkSizeWarningLimit: 900, reportCompressedSize: false },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/health': 'http://127.0.0.1:8000' } },
})
