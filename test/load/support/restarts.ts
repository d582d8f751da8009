import { machineMs } from './farm.ts';
import type { HeardAnswer } from './heardAnswer.ts';
import { LoadSite, type LoadDevice } from './loadSite.ts';
import type { PageClient } from './pageClient.ts';

/** `term`: the relay is ended and started again at its place. `roll`: another takes over before it is ended. */
export type RestartWay = 'term' | 'roll';

export interface RestartsPlan {
  readonly devices: number;
  /** Of each device; each has an answer written all the time. */
  readonly pages: number;
  readonly programs: number;
  readonly tokensPerSec: number;
  /** One after the other. */
  readonly restarts: readonly RestartWay[];
  /** After each restart; all is long well again by then. Ends hurry back to a relay at most once in 20 s. */
  readonly betweenMs: Readonly<Record<RestartWay, number>>;
  readonly pieces: number;
}

export interface RestartsResult {
  readonly answers: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly askedAgain: number;
  /** The longest silence of each answer that was being written during a restart, by the way of the restart, ms. */
  readonly gaps: Readonly<Record<RestartWay, readonly number[]>>;
}

/** When a silence that begins is the restart's, from the signal on. */
const WITHIN_MS = 4_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends and replaces a relay again and again while pages and programs (through proxies) have answers written. */
export async function measureRestarts({
  devices,
  pages: pageCount,
  programs,
  tokensPerSec,
  restarts,
  betweenMs,
  pieces,
}: RestartsPlan): Promise<RestartsResult> {
  const site = await LoadSite.start({ devices, model: { tokensPerSec } });
  const pages: PageClient[] = [];
  try {
    const heard: HeardAnswer[] = [];
    let isOver = false;
    let questions = 0;
    const keepAsking = async (
      ask: (tag: string) => Promise<{ readonly heard: HeardAnswer; readonly over: Promise<HeardAnswer> }>,
    ): Promise<void> => {
      await pause(Math.random() * 2_000);
      while (!isOver) {
        const asked = await ask(`r${String(++questions)}`);
        heard.push(asked.heard);
        if ((await asked.over).end !== 'done') await pause(500); // refused, perhaps, while no relay was there
      }
    };
    const askPage = (page: PageClient, tag: string): { heard: HeardAnswer; over: Promise<HeardAnswer> } => {
      const { heard, over, chat } = page.ask({ tag, pieces, filler: 0 });
      const left = over.then((answer) => {
        page.forget(chat); // a page may have so many open
        return answer;
      });
      return { heard, over: left };
    };
    const pageWorker = (page: PageClient): Promise<void> => keepAsking((tag) => Promise.resolve(askPage(page, tag)));
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
    await pause(2_500);
    const gaps: Record<RestartWay, number[]> = { term: [], roll: [] };
    for (const way of restarts) {
      const at = machineMs();
      await (way === 'term' ? site.restartRelay() : site.rollRelay());
      await pause(betweenMs[way]);
      for (const answer of heard) {
        const gap = longestSilence(answer, at);
        if (gap !== undefined) gaps[way].push(gap);
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
  const silences = arrivals.slice(1).map((time, index) => ({ from: arrivals[index] ?? time, time }));
  return Math.max(...silences.filter(({ from, time }) => time > at && from < at + WITHIN_MS).map(({ from, time }) => time - from));
}
