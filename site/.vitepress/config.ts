import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import llms from 'vitepress-plugin-llms'
import { withMermaid } from 'vitepress-plugin-mermaid'
import { readPackage } from '../pages.ts'

const { description, address } = readPackage(fileURLToPath(new URL('../..', import.meta.url)))

const reference = new URL('../.source/reference/typedoc-sidebar.json', import.meta.url)

const links = (...pages: readonly (readonly [text: string, page: string])[]) =>
  pages.map(([text, page]) => ({ text, link: `/${page}` }))

export default withMermaid({
  title: 'cookietin',
  description,
  mermaid: { layout: 'elk' },
  srcDir: '.source',
  outDir: 'dist',
  cleanUrls: true,
  lastUpdated: false,
  ignoreDeadLinks: [/^https?:\/\/(localhost|127\.0\.0\.1)/],
  // As GitHub makes the anchors of headings, so that a link works in both places.
  markdown: {
    anchor: {
      slugify: heading =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
          .replaceAll(' ', '-'),
    },
  },
  vite: { plugins: [llms({ ignoreFiles: ['reference/**'] })], build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // A guide answers a question; the reference has the word everywhere.
          searchOptions: { boostDocument: (id: string) => (id.startsWith('/reference/') ? 0.2 : 1) },
        },
      },
    },
    socialLinks: [{ icon: 'github', link: address }],
    nav: [
      { text: 'Guide', link: '/get-started' },
      { text: 'Reference', link: '/api' },
      { text: 'Changes', link: '/changelog' },
    ],
    sidebar: [
      {
        text: 'Begin',
        items: links(
          ['Get started', 'get-started'],
          ['A tour', 'tour'],
          ['Move to cookietin', 'migrating'],
          ['Troubleshooting', 'troubleshooting'],
        ),
      },
      {
        text: 'Run tasks',
        items: links(
          ['Output and lines', 'output'],
          ['Files in, artifacts out', 'files'],
          ['Stop and signals', 'stopping'],
          ['Retries', 'retries'],
          ['Limits and untrusted code', 'limits'],
          ['A container in milliseconds', 'spares'],
          ['Hot functions', 'hot-functions'],
          ['The command line', 'cli'],
        ),
      },
      {
        text: 'See what happens',
        items: links(
          ['Watch and debug', 'inspector'],
          ['Resource samples', 'stats'],
          ['History', 'history'],
          ['Traces and metrics', 'observability'],
        ),
      },
      {
        text: 'Operate',
        items: links(
          ['In production', 'production'],
          ['Many hosts', 'cluster'],
          ['Performance', 'performance'],
          ['Security', 'security'],
          ['TypeScript, bundlers, Bun, Deno', 'modules'],
        ),
      },
      {
        text: 'Reference',
        items: [
          ...links(['API by topic', 'api'], ['Config', 'config'], ['Errors', 'errors'], ['Machines', 'machines']),
          {
            text: 'Every export',
            collapsed: true,
            link: '/reference/',
            items: existsSync(reference) ? JSON.parse(readFileSync(reference, 'utf8')) : [],
          },
        ],
      },
      {
        text: 'Develop',
        items: links(['Architecture', 'architecture'], ['Contributing', 'contributing'], ['Changes', 'changelog']),
      },
    ],
  },
})
