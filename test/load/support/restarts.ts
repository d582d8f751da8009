import { machineMs } from './farm.ts';
import type { HeardAnswer } from './heardAnswer.ts';
import { LoadSite, type LoadDevice } from './loadSite.ts';
import type { PageClient } from './pageClient.ts';

export interface RestartsPlan {
  readonly devices: number;
  /** Of each device; each has an answer written all the time. */
  readonly pages: number;
  readonly programs: number;
  readonly tokensPerSec: number;
  readonly restarts: number;
  /** `term`: the relay is ended and started again at its place. `roll`: another takes over before it is ended. */
  readonly way: 'term' | 'roll';
}

export interface RestartsResult {
  readonly answers: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly askedAgain: number;
  /** The longest silence of each answer that was being written during a restart, ms. */
  readonly gaps: readonly number[];
}

/** Between two restarts; all is long well again by then. */
const BETWEEN_MS = 6_000;
/** When silence counts as the restart's, from the signal on. */
const WITHIN_MS = 4_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends and replaces a relay again and again while pages and programs (through proxies) have answers written. */
export async function measureRestarts({
  devices,
  pages: pageCount,
  programs,
  tokensPerSec,
  restarts,
  way,
}: RestartsPlan): Promise<RestartsResult> {
  const site = await LoadSite.start({ devices, model: { tokensPerSec } });
  const pages: PageClient[] = [];
  try {
    const heard: HeardAnswer[] = [];
    let isOver = false;
    let questions = 0;
    const pieces = tokensPerSec * 8;
    const keepAsking = async (
      ask: (tag: string) => Promise<{ readonly heard: HeardAnswer; readonly over: Promise<HeardAnswer> }>,
    ): Promise<void> => {
      await pause(Math.random() * 2_000);
      while (!isOver) {
        const asked = await ask(`r${String(++questions)}`);
        heard.push(asked.heard);
        await asked.over;
      }
    };
    const pageWorker = (page: PageClient): Promise<void> => keepAsking((tag) => Promise.resolve(page.ask({ tag, pieces, filler: 0 })));
    const programWorker = (device: LoadDevice): Promise<void> => keepAsking((tag) => device.callByProxy({ tag, pieces, filler: 0 }));
    const workers: Promise<void>[] = [];
    for (const device of site.devices) {
      for (let number = 0; number < pageCount; number++) {
        const page = await device.page();
        pages.push(page);
        await page.connect();
        workers.push(pageWorker(page));
      }
      for (let number = 0; number < programs; number++) workers.push(programWorker(device));
    }
    await pause(3_000);
    const gaps: number[] = [];
    for (let restart = 0; restart < restarts; restart++) {
      const at = machineMs();
      await (way === 'term' ? site.restartRelay() : site.rollRelay());
      await pause(BETWEEN_MS);
      for (const answer of heard) {
        const gap = longestSilence(answer, at);
        if (gap !== undefined) gaps.push(gap);
      }
    }
    isOver = true;
    await Promise.all(workers);
    const verdicts: Record<string, number> = {};
    for (const answer of heard) {
      const name = answer.verdict === 'failed' ? `failed: ${answer.end ?? ''}` : answer.verdict;
      verdicts[name] = (verdicts[name] ?? 0) + 1;
    }
    const asked = await site.asked();
    return { answers: heard.length, verdicts, askedAgain: asked.length - new Set(asked.map(({ text }) => text)).size, gaps };
  } finally {
    for (const page of pages) page.disconnect();
    await site.stop();
  }
}

/** Of an answer that had begun before and ended after; undefined for others. */
function longestSilence({ arrivals }: HeardAnswer, at: number): number | undefined {
  const [first = Infinity, last = -Infinity] = [arrivals[0], arrivals.at(-1)];
  if (first > at || last < at) return undefined;
  const around = arrivals.filter((time) => time > at - 1_000 && time < at + WITHIN_MS);
  return Math.max(...around.slice(1).map((time, index) => time - (around[index] ?? time)));
}
