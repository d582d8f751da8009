import { systemRandom } from '../../../src/base/random.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import type { Fault } from '../../integration/support/fault.ts';
import { LinkEnd } from '../../integration/linkEnd.ts';
import type { LoadDevice, LoadSite } from './loadSite.ts';
import type { PageClient } from './pageClient.ts';
import { questionText, spokenPieces, type Question } from './spoken.ts';
import type { HeardAnswer } from './heardAnswer.ts';

/** What a soak has done, and how it went. */
export interface SoakTally {
  /** Answers that ended whole, and were exact. */
  whole: number;
  /** Ended by the reader on purpose, and exact so far. */
  ended: number;
  /** Refused or broken off with a name, and exact so far; by that name. */
  readonly brokenOff: Record<string, number>;
  /** Lost, repeated, crossed, or never over. */
  readonly wrong: string[];
  visits: number;
  cuts: number;
  faults: number;
  strangers: number;
}

export function newTally(): SoakTally {
  return { whole: 0, ended: 0, brokenOff: {}, wrong: [], visits: 0, cuts: 0, faults: 0, strangers: 0 };
}

/** What is not over by then never will be. */
const LONGEST_MS = 100_000;
const PROGRAMS_PER_DEVICE = 4;

const lineFaults: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'reset' },
  { kind: 'stall', forMs: 1_500 },
  { kind: 'refuse', forMs: 1_000 },
  { kind: 'halfClose', side: 'near' },
  { kind: 'latency', delayMs: 40, jitterMs: 30, forMs: 3_000 },
];

const late = Symbol('late');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Work that changes all the time: pages that come, ask, stop, lose their line and go; programs at the gateway; strangers; lines that break. */
export class SoakWork {
  readonly tally = newTally();
  readonly #site: LoadSite;
  readonly #pages: readonly (readonly PageClient[])[];
  readonly #random: SeededRandom;
  #questions = 0;
  #endsAt = 0;

  constructor(site: LoadSite, pages: readonly (readonly PageClient[])[], seed: number) {
    this.#site = site;
    this.#pages = pages;
    this.#random = new SeededRandom(seed);
  }

  /** Works for so long, then lets all that was begun come to its end, and leaves. */
  async round(workMs: number): Promise<void> {
    this.#endsAt = performance.now() + workMs;
    const workers = this.#site.devices.flatMap((device, index) => [
      ...(this.#pages[index] ?? []).map((page) => this.#repeat(() => this.#visit(page))),
      ...Array.from({ length: PROGRAMS_PER_DEVICE }, () => this.#repeat(() => this.#program(device))),
      this.#repeat(() => this.#spoil(device)),
    ]);
    await Promise.all([...workers, this.#repeat(() => this.#stranger())]);
    for (const page of this.#pages.flat()) page.disconnect();
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (performance.now() < this.#endsAt)
      if ((await this.#inTime(work())) === late) this.tally.wrong.push(`never over: ${work.toString()}`);
  }

  #question(): Question {
    const long = this.#random.float() < 0.2;
    return {
      tag: `q${String(++this.#questions)}`,
      pieces: 5 + this.#random.int(long ? 400 : 60),
      filler: this.#random.int(long ? 200 : 20),
    };
  }

  /** A page is opened, asks in up to three chats, perhaps loses its line or stops one, throws its chats away, and is often closed. */
  async #visit(page: PageClient): Promise<void> {
    this.tally.visits++;
    await page.connect();
    const asked = Array.from({ length: 1 + this.#random.int(3) }, () => page.ask(this.#question()));
    const mood = this.#random.float();
    await pause(this.#random.int(400));
    if (mood < 0.3) {
      this.tally.cuts++;
      page.cut();
    } else if (mood < 0.45) {
      page.stop(asked[0]?.chat ?? '');
    } else if (mood < 0.55) {
      page.disconnect(); // in mid-answer; the answers go on at the device
    }
    for (const { over } of asked) this.#count(await over);
    if (!page.isConnected) return;
    for (const { chat } of asked) page.forget(chat);
    if (this.#random.float() < 0.5) page.disconnect();
    await pause(this.#random.int(300));
  }

  /** A program asks through the gateway; some go away in the middle. */
  async #program(device: LoadDevice): Promise<void> {
    const call = device.call(this.#question());
    if (this.#random.float() < 0.15) {
      await pause(this.#random.int(500));
      call.abort();
    }
    this.#count(await call.over);
    await pause(this.#random.int(200));
  }

  async #spoil(device: LoadDevice): Promise<void> {
    await pause(2_000 + this.#random.int(6_000));
    this.tally.faults++;
    await device.line.strike(lineFaults[this.#random.int(lineFaults.length)] ?? { kind: 'cut' });
  }

  /** Somebody else's device comes with a client of its own; both go, in either order. And a client comes that nobody knows. */
  async #stranger(): Promise<void> {
    this.tally.strangers++;
    const token = Buffer.from(systemRandom.bytes(16)).toString('hex');
    const device = await LinkEnd.device(this.#site.url, '', [token]);
    const client = await LinkEnd.client(this.#site.url, token);
    const lost = await LinkEnd.client(this.#site.url, `not ${token}`);
    const { circuit } = await device.next('joined');
    client.record(new Uint8Array(1_000));
    device.record(new Uint8Array(1_000), circuit);
    await Promise.all([client.until(() => client.records.length > 0), lost.next('waiting')]);
    const ends = this.#random.float() < 0.5 ? [device, client, lost] : [lost, client, device];
    for (const end of ends) {
      if (this.#random.float() < 0.5) end.ws.terminate();
      else end.ws.close();
      await pause(20);
    }
    await Promise.all(ends.map((end) => end.closed()));
  }

  /** @returns `late` when it is not over in time */
  async #inTime(work: Promise<void>): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<typeof late>((resolve) => {
      timer = setTimeout(() => {
        resolve(late);
      }, LONGEST_MS);
    });
    try {
      return await Promise.race([work, bound]);
    } finally {
      clearTimeout(timer);
    }
  }

  #count(heard: HeardAnswer): void {
    const { tally } = this;
    const { question, text, end = '' } = heard;
    const expected = spokenPieces(questionText(question)).join('');
    const wrong = end === 'done' ? text !== expected : !expected.startsWith(text);
    if (wrong) tally.wrong.push(`${question.tag} ${end}: ${heard.verdict}`);
    else if (end === 'done') tally.whole++;
    else if (['stopped', 'aborted', 'left'].includes(end)) tally.ended++;
    else tally.brokenOff[end] = (tally.brokenOff[end] ?? 0) + 1;
  }
}
