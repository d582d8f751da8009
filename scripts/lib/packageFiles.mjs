/** Arguments of vsce for this package: everything is bundled, and `packedDocuments.mjs` sees to the links of documents. */
export const packageArguments = [
  '--no-dependencies',
  '--allow-missing-repository',
  '--no-update-package-json',
  '--no-rewrite-relative-links',
];

/** A package of more bytes is not made: DESIGN, section 10. */
export const MAX_PACKAGE_BYTES = 1_500_000;

const fonts = [
  ...['AMS-Regular', 'Caligraphic-Bold', 'Caligraphic-Regular', 'Fraktur-Bold', 'Fraktur-Regular', 'Main-Bold', 'Main-BoldItalic'],
  ...['Main-Italic', 'Main-Regular', 'Math-BoldItalic', 'Math-Italic', 'SansSerif-Bold', 'SansSerif-Italic', 'SansSerif-Regular'],
  ...['Script-Regular', 'Size1-Regular', 'Size2-Regular', 'Size3-Regular', 'Size4-Regular', 'Typewriter-Regular'],
];

/** Every file of the package; `*` stands for the hash of a content. */
export const packageFiles = [
  ...['CHANGELOG.md', 'LICENSE', 'README.md', 'docs/RELAY.md'],
  ...['package.json', 'package.nls.json', 'package.nls.de.json', 'l10n/bundle.l10n.json', 'l10n/bundle.l10n.de.json'],
  ...['media/icon.png', 'media/view.svg', 'media/pairing.css', 'media/pairing.js', 'media/metrics.css', 'media/metrics.js'],
  ...['ask', 'findOllama', 'getModel', 'phone'].map((name) => `media/walkthrough/${name}.svg`),
  ...['dist/NOTICES.txt', 'dist/extension.mjs'],
  ...[
    'chunk',
    'sharedAgent',
    'limitsFit',
    'resetIdentity',
    'startOllama',
    'trialLaunch',
    'stateFolder',
    'editorBackground',
    'pairingPanel',
  ].map((name) => `dist/extension/${name}-*.mjs`),
  ...['dist/cli.mjs', 'dist/cli/chunk-*.mjs', 'dist/cli/joinCluster-*.mjs'],
  ...['agent', 'doctor', 'proxy', 'relay'].map((verb) => `dist/cli/${verb}Verb-*.mjs`),
  ...['webview.css', 'webview.js', 'german.js'].map((name) => `dist/webview/${name}`),
  ...['assets.json', 'index.html', 'manifest.webmanifest', 'icon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable-512.png'].map(
    (name) => `dist/page/${name}`,
  ),
  ...[
    'service-worker.js',
    'pageShell-*.js',
    'scannerElement-*.js',
    'page-*.css',
    'pageMain-*.js',
    'chunk-*.js',
    'dist-*.js',
    'german-*.js',
    'highlightCode-*.js',
    'renderMath-*.js',
    'sheets-*.js',
  ].map((name) => `dist/page/${name}`),
  ...fonts.map((name) => `dist/page/KaTeX_${name}-*.woff2`),
];

/** What is wrong with a list of files: those that nobody expects, and those that are missing. */
export function packageFaults(files, expected = packageFiles) {
  const named = files.map((file) => file.replace(/-[A-Z0-9]{8}(?=\.[a-z0-9]+$)/, '-*'));
  return [
    ...files.filter((_, index) => !expected.includes(named[index])).map((file) => `${file} does not belong into the package`),
    ...expected.filter((file) => !named.includes(file)).map((file) => `${file} is missing`),
  ];
}
