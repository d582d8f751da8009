import { decodeLinkFrame, encodeLinkFrame, type LinkFrame, type LinkRole } from '../../src/protocol/linkFrames.ts';
import type { LinkSocket } from '../../src/protocol/linkSocket.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { alterSent } from '../fakes/alterSent.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';
import { hostileDeeds, type Deed, type HostileView } from './hostileDeeds.ts';

/** The most that it remembers of each role's lines. */
const MAX_SEEN = 400;

/**
 * A relay that means harm: while it is at it, some of what leaves it toward an end is no longer what it should be. All that one end says
 * goes out to the other, so this is all that it can do to either.
 */
export class HostileRelay {
  /** At it now. */
  isHostile = false;
  /** How often it has done something. */
  deeds = 0;
  /** It has told an end something else than what it believes itself of its circuits: the two fit no more until their lines end. */
  hasLied = false;
  readonly name: string;
  readonly #deed: Deed;
  readonly #chance: SeededRandom;
  readonly #crypto: CryptoPort;
  /** How often it strikes, where it could. */
  readonly #often: number;
  readonly #seen: Record<LinkRole, Uint8Array[]> = { client: [], device: [] };

  /** @param number of the deed that it does */
  constructor(number: number, chance: SeededRandom, crypto: CryptoPort) {
    const [name, deed] = Object.entries(hostileDeeds)[number % Object.keys(hostileDeeds).length] ?? [];
    if (name === undefined || !deed) throw new RangeError('no deed');
    this.name = name;
    this.#deed = deed;
    this.#chance = chance;
    this.#crypto = crypto;
    this.#often = [0.02, 0.2, 1][chance.int(3)] ?? 1;
  }

  /** The relay's end of a line as an honest core sees it. */
  wrap(socket: LinkSocket, role: LinkRole): LinkSocket {
    const sent: Uint8Array[] = [];
    const view: HostileView = {
      chance: this.#chance,
      crypto: this.#crypto,
      role,
      sent,
      seen: this.#seen,
      get isFirstRecord() {
        return sent.length === 0;
      },
      held: undefined,
    };
    return alterSent(socket, (message) => {
      const frame = decodeLinkFrame(message, role);
      const frames = this.#strike(frame, view);
      if (frame.type === 'record') {
        const record = frame.record.slice();
        sent.push(record);
        if (this.#seen[role].length < MAX_SEEN) this.#seen[role].push(record);
      }
      return frames.map((altered) => (altered instanceof Uint8Array ? altered : encodeLinkFrame(altered, role)));
    });
  }

  #strike(frame: LinkFrame, view: HostileView): readonly (LinkFrame | Uint8Array)[] {
    // What it keeps back it gives back: a line that it is no longer at must not wait for ever.
    if (!this.isHostile || this.#chance.float() >= this.#often) {
      const { held } = view;
      view.held = undefined;
      return held ? [held, frame] : [frame];
    }
    const frames = this.#deed(frame, view);
    if (frames.length === 1 && frames[0] === frame) return frames;
    this.deeds++;
    const isOfCircuits = (one: LinkFrame | Uint8Array): boolean => !(one instanceof Uint8Array) && one.type !== 'record' && one !== frame;
    this.hasLied ||= frames.some(isOfCircuits) || (frame.type !== 'record' && !frames.includes(frame));
    return frames;
  }
}
