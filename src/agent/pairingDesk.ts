import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { AgentControl, PairingQuestion } from '../protocol/agentControl.ts';

/** A window that shows a link. */
export interface Offerer {
  ask(question: PairingQuestion): void;
  paired(clientId: string): void;
}

/** Brings each question to the window that showed the link, and to this one when that window is gone. */
export class PairingDesk implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #questions = this.#owned.add(new Emitter<PairingQuestion>());
  readonly #pairings = this.#owned.add(new Emitter<string>());
  #offerer: Offerer | undefined;
  readonly #open = new Map<PairingQuestion, Disposable>();

  readonly onPairingQuestion = this.#questions.event;
  readonly onDidPair = this.#pairings.event;

  constructor(agent: Pick<AgentControl, 'onPairingQuestion' | 'onDidPair'>) {
    this.#owned.add(
      agent.onPairingQuestion((question) => {
        if (!this.#offerer) this.#questions.fire(question);
        else {
          this.#open.set(question, this.#owned.add(question.onDidEnd(() => this.#open.delete(question))));
          this.#offerer.ask(question);
        }
      }),
    );
    this.#owned.add(
      agent.onDidPair((clientId) => {
        if (this.#offerer) this.#offerer.paired(clientId);
        else this.#pairings.fire(clientId);
      }),
    );
  }

  /** The newest link is this window's. @param offerer another window; without one it is ours */
  offeredBy(offerer?: Offerer): void {
    this.#offerer = offerer;
  }

  answered(question: PairingQuestion): void {
    this.#open.get(question)?.dispose();
    this.#open.delete(question);
  }

  /** The other window is gone; what it was asked is asked here. */
  left(offerer: Offerer): void {
    if (this.#offerer !== offerer) return;
    this.#offerer = undefined;
    for (const [question, ending] of [...this.#open]) {
      this.#open.delete(question);
      ending.dispose();
      this.#questions.fire(question);
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
