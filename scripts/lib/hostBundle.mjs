/** The extension listens on no port: the halves of `ws` that serve and that make Node streams stay out of it. */
const onlyClient = {
  name: 'only-client',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]ws[\\/]lib[\\/](?:websocket-server|stream)\.js$/ }, () => ({ contents: 'module.exports = undefined;' }));
    // Links are never compressed: of this one only the name is asked for.
    onLoad({ filter: /[\\/]ws[\\/]lib[\\/]permessage-deflate\.js$/ }, () => ({
      contents: "module.exports = { extensionName: 'permessage-deflate' };",
    }));
  },
};

/** CommonJS packages inside an ES module ask for these. */
export const commonJsBanner = {
  js: "import { createRequire as c2lCreateRequire } from 'node:module'; const require = c2lCreateRequire(import.meta.url); const __filename = import.meta.filename, __dirname = import.meta.dirname;",
};

/** What the extension is built with, for the editor's extension host: a file that it starts with, and others that it loads once that is drawn. */
export const hostBundle = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  splitting: true,
  entryNames: 'extension',
  chunkNames: 'extension/[name]-[hash]',
  outExtension: { '.js': '.mjs' },
  banner: commonJsBanner,
  target: 'node22',
  external: ['vscode'],
  plugins: [onlyClient],
};
