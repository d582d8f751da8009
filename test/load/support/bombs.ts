import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { machineMs } from './farm.ts';
import { LoadSite, type LoadDevice } from './loadSite.ts';
import type { Memory } from './probedProcess.ts';

export interface BombResult {
  readonly name: string;
  readonly status: number;
  /** From the request's first byte to the answer's head, each try, ms. */
  readonly tookMs: readonly number[];
  /** What one left behind in relay and agent together, after a forced collection, bytes. */
  readonly keptBytes: number;
}

interface Bomb {
  readonly body: string;
  /** What its head says of its length; what is sent of it is `body`. */
  readonly contentLength?: number;
}

const chat = (rest: string): string => `{"model":"stand-in:latest","messages":[{"role":"user","content":"x"}],${rest}}`;

/** Bodies that are small to send and dear to read. */
export const bombs: Readonly<Record<string, Bomb>> = {
  'arrays 100,000 deep': { body: chat(`"options":${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
  'objects 50,000 deep': { body: chat(`"options":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) },
  'half a million values': { body: chat(`"stop":[${'0,'.repeat(500_000)}0]`) },
  'a key twice': { body: chat('"stream":true,"stream":false') },
  'a key __proto__': { body: chat('"options":{"__proto__":{"a":1}}') },
  'a key of a megabyte': { body: chat(`"${'k'.repeat(1_000_000)}":1`) },
  'a string without an end': { body: `{"model":"${'\\"'.repeat(500_000)}` },
  'a gigabyte, by its head': { body: '{', contentLength: 1_000_000_000 },
};

/** Puts each to a gateway with a good key, several times. */
export async function measureBombs(tries: number): Promise<BombResult[]> {
  const site = await LoadSite.start({ devices: 1 });
  try {
    const [device] = site.devices;
    if (!device) throw new Error('no device');
    const held = async (): Promise<number> => bytesOf(await site.relay.memory()) + bytesOf(await device.agent.memory());
    for (const bomb of Object.values(bombs)) await put(site.url, device, bomb); // what a process grows by at its first work is not theirs
    const results: BombResult[] = [];
    for (const [name, bomb] of Object.entries(bombs)) {
      const before = await held();
      const answers: { readonly status: number; readonly ms: number }[] = [];
      for (let attempt = 0; attempt < tries; attempt++) answers.push(await put(site.url, device, bomb));
      const statuses = new Set(answers.map(({ status }) => status));
      const [status = 0] = statuses.size === 1 ? statuses : [];
      results.push({ name, status, tookMs: answers.map(({ ms }) => ms), keptBytes: ((await held()) - before) / tries });
    }
    return results;
  } finally {
    await site.stop();
  }
}

async function put(
  url: string,
  { key }: LoadDevice,
  { body, contentLength }: Bomb,
): Promise<{ readonly status: number; readonly ms: number }> {
  const began = machineMs();
  const headers = { authorization: `Bearer ${key}`, 'content-length': String(contentLength ?? Buffer.byteLength(body)) };
  const outgoing = request(`${url}/api/chat`, { method: 'POST', headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.write(body);
  if (contentLength === undefined) outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const ms = machineMs() - began;
  answer.resume();
  await once(answer, 'close');
  outgoing.destroy();
  return { status: answer.statusCode ?? 0, ms };
}

function bytesOf({ heapUsed, external }: Memory): number {
  return heapUsed + external;
}
