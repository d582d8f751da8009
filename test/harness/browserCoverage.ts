import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { demoBundles } from '../../scripts/lib/coverage/folders.mjs';
import { root } from './paths.ts';

/** Where the run wants V8 coverage of pages; unset when it wants none. */
const folder = process.env['C2L_BROWSER_COVERAGE'];
/** Does this run measure pages? */
export const measuresPages = folder !== undefined;

/**
 * Measures our own scripts in every page of `context` until it closes. It asks V8 for counts alone, not for sources: these lie in
 * `dist/`, and a workbench page has 15 MB that nobody wants.
 */
export function measureContext(context: BrowserContext): void {
  if (folder === undefined) return;
  const measured = new Map<Page, Promise<CDPSession>>();
  const save = async (page: Page): Promise<void> => {
    const session = measured.get(page);
    if (session && !page.isClosed()) await saveCoverage(await session, folder);
  };
  context.on('page', (page) => {
    const started = startCoverage(context, page);
    // A page may close before it could be measured; then there is nothing to save.
    started.catch(() => measured.delete(page));
    measured.set(page, started);
    // A new document begins with new counts, so what leaves the old one saves them first.
    page.close = after(() => save(page), page.close.bind(page));
    page.reload = after(() => save(page), page.reload.bind(page));
    page.goto = after(() => save(page), page.goto.bind(page));
  });
  context.close = after(() => Promise.all([...measured.keys()].map(save)), context.close.bind(context));
}

function after<Args extends unknown[], Result>(first: () => Promise<unknown>, then: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    await first();
    return then(...args);
  };
}

async function startCoverage(context: BrowserContext, page: Page): Promise<CDPSession> {
  const session = await context.newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return session;
}

async function saveCoverage(session: CDPSession, target: string): Promise<void> {
  const { result } = await session.send('Profiler.takePreciseCoverage').catch(() => ({ result: [] }));
  const own = result.flatMap(({ url, functions }) => {
    const file = bundleOf(url);
    return file === undefined ? [] : [{ url: file, functions }];
  });
  if (own.length === 0) return;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, `coverage-${randomUUID()}.json`), JSON.stringify({ result: own }));
}

/** The file in `dist/`, or of the demo, that a page loaded from this address, relative to the repository. */
function bundleOf(url: string): string | undefined {
  const name = /\/([^/?#]+\.js)(?:[?#].*)?$/.exec(url)?.[1];
  if (name === undefined) return undefined;
  return ['dist/page', 'dist/webview', demoBundles].map((place) => `${place}/${name}`).find((file) => existsSync(join(root, file)));
}
