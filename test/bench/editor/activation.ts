import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestBrowser } from '../../harness/chromium.ts';
import { CodeServer } from '../../harness/codeServer.ts';
import { packedExtension } from '../../harness/packExtension.ts';
import { root } from '../../harness/paths.ts';
import { workbenchUrl } from '../../harness/workbench.ts';

/** How long the editor has to start before it is asked for our extension, ms: its own extensions are through by then. */
const SETTLE_MS = 5_000;
const LIMIT_MS = 60_000;

/** What one start of our extension cost. */
export interface Activation {
  /** From the host's beginning to load it until its status item is drawn. */
  readonly drawnMs: number;
  /** Of the extension host's processor, loading included. */
  readonly cpuMs: number;
}

/** Starts the packed extension in a real editor that is at rest, once, and measures it from beside it and from the screen. */
export async function activateOnce(): Promise<Activation> {
  const folder = mkdtempSync(join(tmpdir(), 'c2l-activation-'));
  const start = join(folder, 'start');
  const result = join(folder, 'result.json');
  const { publisher, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'publisher' | 'name', string>;
  const server = await CodeServer.start({
    vsix: packedExtension(),
    env: {
      C2L_STATE: join(folder, 'state'),
      // Nothing listens there: whether Ollama runs is no part of the start.
      OLLAMA_HOST: 'http://127.0.0.1:9',
      C2L_PROBE_ID: `${publisher}.${name}`,
      C2L_PROBE_START: start,
      C2L_PROBE_RESULT: result,
    },
    prepare: (extensions) => {
      startByProbe(extensions);
    },
  });
  const browser = await TestBrowser.launch();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(watchItem);
    await page.goto(workbenchUrl(server), { waitUntil: 'commit' });
    await page.locator('.statusbar-item').first().waitFor({ timeout: LIMIT_MS });
    await page.waitForTimeout(SETTLE_MS);
    if ((await page.evaluate(() => window.drawnAt)) !== undefined) throw new Error('the extension started before it was asked to');
    writeFileSync(start, '');
    await page.waitForFunction(() => window.drawnAt !== undefined, undefined, { timeout: LIMIT_MS });
    const drawnAt = (await page.evaluate(() => window.drawnAt)) ?? NaN;
    const end = Date.now() + LIMIT_MS;
    while (!existsSync(result)) {
      if (Date.now() > end) throw new Error('the extension did not start');
      await page.waitForTimeout(50);
    }
    const { began, cpuMs, error } = JSON.parse(readFileSync(result, 'utf8')) as { began: number; cpuMs: number; error?: string };
    if (error !== undefined) throw new Error(error);
    return { drawnMs: drawnAt - began, cpuMs };
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

declare global {
  interface Window {
    /** When the status item came to be drawn, by this machine's clock, ms. */
    drawnAt?: number;
  }
}

/** Runs in the page. A frame after the item is in the document it is on the screen. */
function watchItem(): void {
  const look = (): void => {
    if (document.querySelector('.statusbar-item[id*="cloudtolocalllm"]') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        window.drawnAt = performance.timeOrigin + performance.now();
      });
    });
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
}

/** Leaves the start of ours to an extension beside it, which is put on the list of what is installed. */
function startByProbe(extensions: string): void {
  for (const entry of readdirSync(extensions)) {
    const file = join(extensions, entry, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...manifest, activationEvents: [] }));
  }
  const probe = join(extensions, 'tests.probe-1.0.0');
  mkdirSync(probe);
  copyFileSync(join(root, 'test/bench/editor/probe.cjs'), join(probe, 'probe.cjs'));
  const manifest = { publisher: 'tests', name: 'probe', version: '1.0.0', engines: { vscode: '^1.100.0' }, main: './probe.cjs' };
  writeFileSync(join(probe, 'package.json'), JSON.stringify({ ...manifest, activationEvents: ['onStartupFinished'] }));
  const list = join(extensions, 'extensions.json');
  const installed = JSON.parse(readFileSync(list, 'utf8')) as unknown[];
  const entry = { identifier: { id: 'tests.probe' }, version: '1.0.0', location: { $mid: 1, path: probe, scheme: 'file' } };
  writeFileSync(list, JSON.stringify([...installed, { ...entry, relativeLocation: 'tests.probe-1.0.0' }]));
}
