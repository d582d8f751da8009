import { readFile } from 'node:fs/promises';

/** KaTeX's sheet names each font in three formats; every browser that we build for reads the first. */
const onlyWoff2 = {
  name: 'only-woff2',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]katex[\\/]dist[\\/]katex\.css$/ }, async ({ path }) => {
      const sheet = await readFile(path, 'utf8');
      const contents = sheet.replace(/,\s*url\([^)]+\.(?:woff|ttf)\)\s*format\([^)]+\)/g, '');
      if (/\.(?:woff|ttf)\)/.test(contents)) return { errors: [{ text: 'KaTeX names its fonts in another way than expected' }] };
      return { contents, loader: 'css' };
    });
  },
};

/** What the webview, the page and the pages of tests are built with. What is loaded only when needed becomes a file of its own. */
export const browserBundle = {
  bundle: true,
  platform: 'browser',
  format: 'esm',
  splitting: true,
  target: ['es2022', 'chrome111', 'firefox114', 'safari16.4'],
  loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'file', '.png': 'file' },
  plugins: [onlyWoff2],
};
