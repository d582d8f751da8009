import { percentile } from './farmStream.ts';
import type { HeardAnswer } from './heardAnswer.ts';
import { LoadSite } from './loadSite.ts';
import type { PageClient } from './pageClient.ts';
import { GatewayCall } from './gatewayCall.ts';

export interface ManyStreamsPlan {
  readonly devices: number;
  /** Pages of each device, and programs at the gateway that ask it, each over a connection of its own: one answer each. */
  readonly pages: number;
  readonly programs: number;
  readonly pieces: number;
  readonly tokensPerSec: number;
  /** Over how long the questions of one round are spread, evenly. */
  readonly spreadMs: number;
  readonly rounds: number;
}

export interface ManyStreamsResult {
  readonly answers: number;
  /** Answers by what became of them. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Questions that reached the model more than once. */
  readonly askedAgain: number;
  /** The first word, less what the model itself waited with it, ms: of pages, of programs, and of programs that ask the model itself. */
  readonly firstMs: Readonly<Record<'page' | 'gateway' | 'direct', readonly number[]>>;
  /** Between two arrivals of one answer, ms. */
  readonly gapP99Ms: number;
  /** Resident memory of the relay, bytes: with its devices alone, and the most under load. */
  readonly relay: { readonly before: number; readonly peak: number };
}

/** Many answers at once, over several devices, by pages and programs. */
export async function measureManyStreams(plan: ManyStreamsPlan): Promise<ManyStreamsResult> {
  const { devices, pages: pageCount, programs, pieces, tokensPerSec, spreadMs, rounds } = plan;
  const site = await LoadSite.start({ devices, model: { tokensPerSec } });
  const pages: PageClient[][] = [];
  try {
    const before = (await site.relay.memory()).rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, site.relay.residentBytes);
    }, 50);
    try {
      for (const device of site.devices) {
        const own: PageClient[] = [];
        pages.push(own);
        for (let page = 0; page < pageCount; page++) own.push(await device.page());
      }
      for (const page of pages.flat()) await page.connect();
      const heard: { readonly way: 'page' | 'gateway' | 'direct'; readonly answer: HeardAnswer }[] = [];
      const perRound = devices * (pageCount + programs);
      const round = async (number: number): Promise<void> => {
        const asks = site.devices.flatMap((device, index) => [
          ...(pages[index] ?? []).map((page, own) => async () => {
            const { over, chat } = page.ask({ tag: `p${[number, index, own].join('-')}`, pieces, filler: 0 });
            heard.push({ way: 'page', answer: await over });
            page.forget(chat);
          }),
          ...Array.from({ length: programs }, (_, own) => async () => {
            const answer = await device.call({ tag: `g${[number, index, own].join('-')}`, pieces, filler: 0 }).over;
            heard.push({ way: 'gateway', answer });
          }),
        ]);
        await spread(asks, spreadMs);
      };
      for (let number = 0; number < rounds; number++) await round(number);
      const direct = Array.from({ length: perRound }, (_, own) => async () => {
        const answer = await new GatewayCall(site.modelUrl, undefined, { tag: `d${String(own)}`, pieces, filler: 0 }).over;
        heard.push({ way: 'direct', answer });
      });
      await spread(direct, spreadMs);
      const asked = await site.asked();
      const waits = new Map(asked.map(({ text, waitMs = 0 }) => [text, waitMs]));
      const own = heard.filter(({ way }) => way !== 'direct');
      const verdicts: Record<string, number> = {};
      for (const { answer } of own) {
        const name = answer.verdict === 'failed' ? `failed: ${answer.end ?? 'never over'}` : answer.verdict;
        verdicts[name] = (verdicts[name] ?? 0) + 1;
      }
      const firstMs = { page: [], gateway: [], direct: [] } as Record<'page' | 'gateway' | 'direct', number[]>;
      for (const { way, answer } of heard) firstMs[way].push(answer.firstMs - (waits.get(answer.prompt) ?? NaN));
      const gaps = own.flatMap(({ answer }) => answer.gaps);
      const askedAgain = asked.length - waits.size;
      return { answers: own.length, verdicts, askedAgain, firstMs, gapP99Ms: percentile(gaps, 0.99), relay: { before, peak } };
    } finally {
      clearInterval(watch);
    }
  } finally {
    for (const page of pages.flat()) page.disconnect();
    await site.stop();
  }
}

/** Begins all of it within that time, in an order that mixes them, and waits for all. */
async function spread(works: readonly (() => Promise<void>)[], withinMs: number): Promise<void> {
  const mixed = works.map((work, index) => ({ work, turn: (index * 0.618) % 1 })).sort((a, b) => a.turn - b.turn);
  await Promise.all(
    mixed.map(async ({ work }, index) => {
      await new Promise((resolve) => setTimeout(resolve, (index * withinMs) / works.length));
      await work();
    }),
  );
}
