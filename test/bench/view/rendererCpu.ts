import type { Page } from 'playwright-core';
import { processTimes } from '../lib/processStats.ts';

/** Processor time of the process that draws `page`, main thread and all its others, in seconds. Linux counts it in nanoseconds. */
export class RendererCpu {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  /** The page is made to work for a moment; of all renderers the one that did is its own. */
  static async of(page: Page): Promise<RendererCpu> {
    const browser = page.context().browser();
    if (!browser) throw new Error('no browser');
    const line = await browser.newBrowserCDPSession();
    const { processInfo } = await line.send('SystemInfo.getProcessInfo');
    await line.detach();
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ({ id, before: processTimes(id).runNs }));
    await page.evaluate(() => {
      const end = performance.now() + 200;
      while (performance.now() < end);
    });
    const used = renderers.map(({ id, before }) => ({ id, ns: processTimes(id).runNs - before })).sort((a, b) => b.ns - a.ns)[0];
    if (!used || used.ns === 0) throw new Error('this system does not count the time of a process');
    return new RendererCpu(used.id);
  }

  get seconds(): number {
    return processTimes(this.#pid).runNs / 1e9;
  }
}
