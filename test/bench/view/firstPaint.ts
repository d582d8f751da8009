import type { TestBrowser } from '../../harness/chromium.ts';

/** How much slower than this machine the page's processor is made: a phone. */
const SLOWDOWN = 4;

/** When the page's first text or picture is on the screen after its address was asked for, ms, by a browser that was never there. */
export async function firstPaint(browser: TestBrowser, address: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    await page.goto(address, { waitUntil: 'commit' });
    return await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const [paint] = list.getEntriesByName('first-contentful-paint');
            if (paint) resolve(paint.startTime);
          }).observe({ type: 'paint', buffered: true });
        }),
    );
  } finally {
    await context.close();
  }
}
