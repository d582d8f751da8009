import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { browserBundle } from '../../../scripts/lib/browserBundle.mjs';
import { demoBundles } from '../../../scripts/lib/coverage/folders.mjs';
import { measuresPages } from '../../harness/browserCoverage.ts';
import { root } from '../../harness/paths.ts';

/** The page's policy, as strict as the relay's; `extra` names Trusted Types policies that only a test page has. */
const policy = (extra = '', ancestors = "'none'"): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'self'",
    `frame-ancestors ${ancestors}`,
    "require-trusted-types-for 'script'",
    `trusted-types lit-html${extra}`,
  ].join('; ');

/** As the editor makes it: the host's part comes first and gives the webview its API. */
const webviewPage = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>webview</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/editorTheme.css"><link rel="stylesheet" href="/webview.css"></head>
<body><script type="module" src="/hostMain.js"></script><script type="module" src="/webviewMain.js"></script></body></html>`;

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  html: 'text/html',
  map: 'application/json',
  woff2: 'font/woff2',
};

/** Two places for webviews, each in a frame as the editor has them, over the hub that ships. */
const panelsPage = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>panels</title></head>
<body><div id="left"></div><div id="right"></div><script type="module" src="/panelsMain.js"></script></body></html>`;
const framedPage = webviewPage.replace('/hostMain.js', '/framedMain.js');

/**
 * Serves the chat over a demo hub at `/`, the same beside a naive renderer at `/naive`, the Markdown view alone at `/spec`, and panels over a
 * real hub at `/panels`, on loopback.
 */
export class DemoServer {
  readonly #server: Server;
  readonly origin: string;

  private constructor(server: Server) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  static async start(): Promise<DemoServer> {
    const files = await bundle();
    const page = readFileSync(join(root, 'src/web/index.html'), 'utf8')
      .replaceAll('"./page.css"', '"/page.css"')
      .replaceAll('"./pageMain.ts"', '"/demoMain.js"')
      .replaceAll(/<link rel="(manifest|icon|apple-touch-icon)"[^>]*>/g, '');
    files.set('/', page);
    files.set('/naive', page.replace('</head>', '<script type="module" src="/naiveRenderer.js"></script></head>'));
    files.set(
      '/spec',
      '<!DOCTYPE html><html lang="en"><title>spec</title><body><script type="module" src="/specMain.js"></script></body></html>',
    );
    files.set('/webview', webviewPage);
    files.set('/panels', panelsPage);
    files.set('/framed', framedPage);
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://x').pathname;
      const file = files.get(path);
      const type = types[/\.(\w+)$/.exec(path)?.[1] ?? 'html'] ?? 'text/html';
      response.writeHead(file === undefined ? 404 : 200, {
        'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
        'content-security-policy': policy(
          path === '/spec' || path === '/naive' ? ' c2l-test' : '',
          path === '/framed' ? "'self'" : "'none'",
        ),
        'cache-control': 'no-store',
      });
      response.end(file ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DemoServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Coverage is told by the bundles' maps, which name their sources from here. */
const folder = join(root, demoBundles);
let kept: Promise<unknown> | undefined;

/** Once a run: each build of the same sources is the same. */
function keep(files: readonly OutputFile[]): Promise<unknown> {
  kept ??= mkdir(folder, { recursive: true }).then(() => Promise.all(files.map(({ path, contents }) => writeFile(path, contents))));
  return kept;
}

async function bundle(): Promise<Map<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [
      ...['demoMain.ts', 'specMain.ts', 'hostMain.ts', 'panelsMain.ts', 'framedMain.ts', 'editorTheme.css'].map(
        (file) => `test/browser/demo/${file}`,
      ),
      'test/bench/view/naiveRenderer.ts',
      ...['src/web/page.css', 'src/ui/webviewMain.ts', 'src/ui/webview.css'],
    ],
    ...browserBundle,
    write: false,
    sourcemap: 'linked',
    entryNames: '[name]',
    outdir: folder,
    logLevel: 'warning',
  });
  if (measuresPages) await keep(outputFiles);
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(folder.length), contents]));
}
