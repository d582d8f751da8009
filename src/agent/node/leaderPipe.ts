import { chmodSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { MAX_PIPE_LINES } from '../../protocol/pipeLimits.ts';
import { PIPE_VERSION, PIPE_VERSION_OLDEST, PRODUCT_VERSION } from '../../protocol/versions.ts';
import { parsePipeHello, type LeaderNote, type LeaderRole, type PipeAnswer } from '../../protocol/windowPipe.ts';
import type { Agent } from '../agent.ts';
import type { PairingDesk } from '../pairingDesk.ts';
import { isNewer } from './isNewer.ts';
import { newPipeAddress, removePipe } from './pipeAddress.ts';
import { PipeLine } from './pipeLine.ts';
import { serveChatLine } from './serveChatLine.ts';
import { serveControlLine } from './serveControlLine.ts';

/** How long a line may be silent before its `hello`, ms. */
const HELLO_WITHIN_MS = 5_000;

/** Who leads, to those that follow. */
export interface LeaderFace {
  readonly role: LeaderRole;
  /** As people know it: an editor and its folder. At most 256 characters. */
  readonly name: string;
  /** Versions other than this build's. For tests. */
  readonly versions?: Partial<Pick<PipeAnswer, 'version' | 'oldest' | 'product'>>;
  /** A newer window, or the background agent, asks to lead. Without one a leader stays. */
  readonly onReleaseAsked?: () => void;
}

export interface LeaderPipeOptions extends LeaderFace {
  /** Where the socket may stand, and whose note says where it does. */
  readonly folder: { readonly path: string; readLeader(): LeaderNote | undefined; writeLeader(note: LeaderNote): void };
  readonly agent: Agent;
  readonly desk: PairingDesk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The leader's end of the windows' pipe: serves the hub and the agent to the other programs of this OS user, and to nobody else. */
export class LeaderPipe implements Disposable {
  readonly #options: LeaderPipeOptions;
  readonly #owned = new DisposableStore();
  readonly #lines = new Set<Disposable>();
  readonly #server: Server;
  readonly #address: string;

  /** @throws what the file system throws */
  constructor(options: LeaderPipeOptions) {
    const { folder, random, role, name, log } = options;
    this.#options = options;
    this.#address = newPipeAddress(folder.path, random, folder.readLeader()?.address);
    this.#server = createServer((socket) => {
      if (this.#lines.size >= MAX_PIPE_LINES) socket.destroy();
      else this.#welcome(new PipeLine(socket, log, () => undefined));
    });
    this.#server.on('error', (error) => {
      log.error('pipe: no window can follow this one', { cause: error.message });
    });
    this.#server.listen(this.#address, () => {
      try {
        if (process.platform !== 'win32') chmodSync(this.#address, 0o600);
        if (!this.#owned.isDisposed) folder.writeLeader({ address: this.#address, role, name: name.slice(0, 256), pid: process.pid });
      } catch (error) {
        log.error('pipe: no window can find this one', { cause: String(error) });
      }
    });
  }

  /** All lines end; what was said on them still leaves. */
  dispose(): void {
    if (this.#owned.isDisposed) return;
    this.#owned.dispose();
    this.#server.close();
    for (const line of [...this.#lines]) line.dispose();
    removePipe(this.#address);
  }

  #welcome(line: PipeLine): void {
    const { clock } = this.#options;
    const owned = this.#owned.add(new DisposableStore());
    const leave = (): void => {
      this.#lines.delete(owned);
      this.#owned.delete(owned);
    };
    this.#lines.add(owned);
    owned.add(line);
    owned.add(line.onClose(leave));
    const silence = owned.add(clock.after(HELLO_WITHIN_MS, leave));
    line.hear((message) => {
      owned.delete(silence);
      const service = this.#answer(line, parsePipeHello(message));
      if (service) owned.add(service);
      else leave();
    });
  }

  /** @returns what serves the line from now on; nothing when all is said */
  #answer(line: PipeLine, hello: ReturnType<typeof parsePipeHello>): Disposable | undefined {
    const { agent, desk, role, clock, log, onReleaseAsked } = this.#options;
    const own = { version: PIPE_VERSION, oldest: PIPE_VERSION_OLDEST, product: PRODUCT_VERSION, ...this.#options.versions };
    if (hello.purpose === 'release') {
      line.send({ type: 'welcome', ...own, role } satisfies PipeAnswer);
      const fromAgent = hello.from === 'agent' && hello.product === own.product;
      if (fromAgent || isNewer(hello.product, own.product)) onReleaseAsked?.();
      return undefined;
    }
    if (hello.oldest > own.version || hello.version < own.oldest) {
      const error = hello.oldest > own.version ? 'leaderOlder' : 'windowOlder';
      log.warn('pipe: a window of another version', { product: hello.product, error });
      line.send({ type: 'refused', ...own, error } satisfies PipeAnswer);
      return undefined;
    }
    line.send({ type: 'welcome', ...own, version: Math.min(own.version, hello.version), role } satisfies PipeAnswer);
    return hello.purpose === 'chat' ? serveChatLine(agent.hub, line, log) : serveControlLine(agent, desk, line, clock, log);
  }
}
