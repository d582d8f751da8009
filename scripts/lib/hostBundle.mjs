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

/** What the extension is built with, for the editor's extension host. */
export const hostBundle = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode'],
  plugins: [onlyClient],
};
