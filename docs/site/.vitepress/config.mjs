// The configuration of VitePress, which makes the documentation site out of the pages that main.go writes into src.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'

const src = fileURLToPath(new URL('../src', import.meta.url))
const read = (page) => fs.readFileSync(path.join(src, page), 'utf8')
const title = (page) => read(page).match(/^# (.*)$/m)[1].replaceAll('`', '')
const pages = (text, from = '.') =>
  [...text.matchAll(/\]\(([^)#\s]+\.md)\)/g)].map((m) => path.join(from, m[1]))
const entry = (page) => ({ text: title(page), link: '/' + page })

// The sidebar has the sections of the first page, and under each what it links to; under Reference also what the
// index of the reference links to.
function sidebar() {
  return read('index.md').split(/^## /m).slice(1).map((section) => {
    const listed = pages(section)
    if (section.startsWith('Reference')) {
      listed.push(...pages(read('reference/index.md'), 'reference').filter((p) => p.startsWith('reference/')))
    }
    return { text: section.split('\n')[0], collapsed: false, items: [...new Set(listed)].map(entry) }
  })
}

// What the bar at the top leads to; a page that is not there is left out.
const nav = {
  'Tutorial': 'tutorial.md',
  'How-to': 'howto/several-values.md',
  'Reference': 'reference/index.md',
  'Explanation': 'explanation/mechanism.md',
  'From Python': 'from-python.md',
  'Evidence': {
    'Contract': 'contract.md',
    'Conformance': 'conformance.md',
    'Benchmarks': 'benchmarks.md',
  },
}
const bar = (nav) =>
  Object.entries(nav).flatMap(([text, to]) => {
    if (typeof to !== 'string') return [{ text, items: bar(to) }]
    if (!fs.existsSync(path.join(src, to))) return []
    return [{ text, link: '/' + to, activeMatch: '^/' + (to.match(/^.*\//) ?? to.replace(/\.md$/, '')) }]
  })

export default defineConfig({
  title: 'greenlet for Go',
  description: 'Coroutines with their own stacks and no implicit scheduling',
  srcDir: 'src',
  outDir: '../../site',
  markdown: {
    languageAlias: { starlark: 'python' },
    languages: [{ name: 'output', scopeName: 'text.output', patterns: [], repository: {} }],
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar(),
    nav: bar(nav),
  },
})
