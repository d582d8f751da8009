import type { Page } from 'playwright-core';
import { processTimes } from '../lib/processStats.ts';

/** Processor time of the processes that draw pages, all their threads, in seconds. Linux counts it in nanoseconds. */
export class RendererCpu {
  readonly #pids: readonly number[];

  private constructor(pids: readonly number[]) {
    this.#pids = pids;
  }

  /** Only one page of the browser may be at work: a browser keeps a spare process, and does not say which one draws the page. */
  static async of(page: Page): Promise<RendererCpu> {
    const browser = page.context().browser();
    if (!browser) throw new Error('no browser');
    const line = await browser.newBrowserCDPSession();
    const { processInfo } = await line.send('SystemInfo.getProcessInfo');
    await line.detach();
    const cpu = new RendererCpu(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id));
    if (cpu.seconds === 0) throw new Error('this system does not count the time of a process');
    return cpu;
  }

  get seconds(): number {
    return this.#pids.reduce((sum, pid) => sum + processTimes(pid).runNs, 0) / 1e9;
  }
}
