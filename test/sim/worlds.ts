import { ByteWorld } from './byteWorld.ts';
import { ChatWorld } from './chatWorld.ts';

/** A world that has lived through its seed. */
export interface LivedWorld {
  readonly time: { readonly executed: number; readonly now: number };
  readonly fingerprint: number;
  /** How often each kind of fault was done. */
  readonly faults: ReadonlyMap<string, number>;
  /** From the end of the last fault to the time when everything was as it should be, ms. */
  readonly recoveryMs: number;
}

/** The whole of it: device, relay, tabs and a person who asks. And below the chat: raw streams between a client and a device. */
export const worldNames = ['chat', 'tunnel'] as const;
export type WorldName = (typeof worldNames)[number];

/** Lives one seed. @throws when anything in it is not as it should be */
export async function liveSeed(name: WorldName, seed: number, trace?: (line: string) => void): Promise<LivedWorld> {
  const world = name === 'chat' ? new ChatWorld(seed, trace) : new ByteWorld(seed, trace);
  await world.live();
  return world;
}

/** What to type to live one seed again and be told all that happens in it. */
export function replayCommand(name: WorldName, seed: number): string {
  return `C2L_WORLD=${name} C2L_SEED=${String(seed)} npm run test:sim`;
}
