import type { DemoPage } from '../../browser/ui/demoPage.ts';
import { RendererCpu } from './rendererCpu.ts';

export interface StreamCost {
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
  const cpu = await RendererCpu.of(demo.page);
  const before = cpu.seconds;
  const counts = await demo.page.evaluate(
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
    { text: answer, count: perFrame, naive: renderer === 'naive' },
  );
  return { ...counts, cpuSeconds: cpu.seconds - before };
}
