import { ByteWorld } from './byteWorld.ts';
import { ChatWorld } from './chatWorld.ts';
import { HostileWorld } from './hostileWorld.ts';
import { PhoneWorld } from './phoneWorld.ts';

/** A world that has lived through its seed. */
export interface LivedWorld {
  readonly time: { readonly executed: number; readonly now: number };
  readonly fingerprint: number;
  /** How often each kind of fault was done. */
  readonly faults: ReadonlyMap<string, number>;
  /** From the end of the last fault to the time when everything was as it should be, ms. */
  readonly recoveryMs: number;
}

/**
 * The whole of it: device, relay, tabs and a person who asks. Below the chat: raw streams between a client and a device. And the whole of it
 * with a relay that means harm. And a phone on a bad line.
 */
const worlds = { chat: ChatWorld, tunnel: ByteWorld, hostile: HostileWorld, phone: PhoneWorld } as const;
export type WorldName = keyof typeof worlds;

/** Lives one seed. @throws when anything in it is not as it should be */
export async function liveSeed(name: WorldName, seed: number, trace?: (line: string) => void): Promise<LivedWorld> {
  const world = new worlds[name](seed, trace);
  await world.live();
  return world;
}

/** What to type to live one seed again and be told all that happens in it. */
export function replayCommand(name: WorldName, seed: number): string {
  return `C2L_WORLD=${name} C2L_SEED=${String(seed)} npm run test:sim`;
}
