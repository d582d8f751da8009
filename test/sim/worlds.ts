import { ByteWorld } from './byteWorld.ts';
import { ChatWorld } from './chatWorld.ts';

/** A world that has lived through its seed. */
export interface LivedWorld {
  readonly time: { readonly executed: number };
  readonly fingerprint: number;
  /** How often each kind of fault was done. */
  readonly faults: ReadonlyMap<string, number>;
  /** From the end of the last fault to the time when everything was as it should be, ms. */
  readonly recoveryMs: number;
}

export type WorldName = 'chat' | 'tunnel';

/** Lives one seed. @throws when anything in it is not as it should be */
export async function liveSeed(name: WorldName, seed: number, trace?: (line: string) => void): Promise<LivedWorld> {
  const world = name === 'chat' ? new ChatWorld(seed, trace) : new ByteWorld(seed, trace);
  await world.live();
  return world;
}
