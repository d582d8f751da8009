import type { DemoPage } from '../../browser/ui/demoPage.ts';
import { RendererCpu } from './rendererCpu.ts';

export interface StreamCost {
  /** Script, style and layout of the page's thread, counted by the browser in thread time: what the page itself does. */
  readonly workSeconds: number;
  /** All threads of the page's process: with the painting, which is a graphics card's elsewhere, and what every frame costs. */
  readonly cpuSeconds: number;
  readonly frames: number;
  /** Frames that came more than 50 ms after the one before. */
  readonly lateFrames: number;
}

/**
 * Streams an answer into the whole chat, in pieces of four characters, `perFrame` of them with each frame: 16 are about 1,000 tokens a
 * second at 60 frames. The naive renderer parses everything and sets it as HTML with each frame that brought text.
 */
export async function streamAnswer(demo: DemoPage, answer: string, perFrame: number, renderer: 'own' | 'naive'): Promise<StreamCost> {
  return counted(demo, () => play(demo, answer, perFrame, renderer === 'naive'));
}

/** What frames cost by themselves: one short text changes with each. */
export async function blinkFrames(demo: DemoPage, count: number): Promise<StreamCost> {
  return counted(demo, () =>
    demo.page.evaluate(async (frames) => {
      const text = document.createTextNode('');
      document.querySelector('[role=article]:last-of-type')?.append(text);
      for (let i = 0; i < frames; i++) {
        text.data = `frame ${String(i)}`;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      text.remove();
      return { frames, lateFrames: 0 };
    }, count),
  );
}

type Frames = Pick<StreamCost, 'frames' | 'lateFrames'>;

async function counted(demo: DemoPage, run: () => Promise<Frames>): Promise<StreamCost> {
  const cpu = await RendererCpu.of(demo.page);
  const line = await demo.page.context().newCDPSession(demo.page);
  await line.send('Performance.enable', { timeDomain: 'threadTicks' });
  const work = async (): Promise<number> => {
    const { metrics } = await line.send('Performance.getMetrics');
    const parts = metrics.filter(({ name }) => ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].includes(name));
    if (parts.length !== 3) throw new Error('this browser does not say what its page does');
    return parts.reduce((sum, { value }) => sum + value, 0);
  };
  const [workBefore, cpuBefore] = [await work(), cpu.seconds];
  const frames = await run();
  const cost = { ...frames, workSeconds: (await work()) - workBefore, cpuSeconds: cpu.seconds - cpuBefore };
  await line.detach();
  return cost;
}

async function play(demo: DemoPage, answer: string, perFrame: number, isNaive: boolean): Promise<Frames> {
  return demo.page.evaluate(
    async ({ text, count, naive }) => {
      const show = naive
        ? window.naive.start()
        : (piece: string): void => {
            window.demo.hub.chunk(piece);
          };
      let frames = 0;
      let lateFrames = 0;
      let last = performance.now();
      for (let at = 0; at < text.length;) {
        for (let i = 0; i < count && at < text.length; i++, at += 4) show(text.slice(at, at + 4));
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        frames += 1;
        if (now - last > 50) lateFrames += 1;
        last = now;
      }
      if (!naive) window.demo.hub.finish();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return { frames, lateFrames };
    },
    { text: answer, count: perFrame, naive: isNaive },
  );
}
