import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { utf8 } from '../base/bytes.ts';
import type { ChatReply, ChatRequest } from '../protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import { TextJoiner } from '../protocol/textJoiner.ts';
import type { Hub } from './hub.ts';
import { MACHINE_OWNER } from './ports.ts';
import type { ChatPeer } from './chatPeer.ts';
import type { HubConnection } from './hubConnection.ts';

export interface LocalChatPortOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly peer: ChatPeer;
  readonly capabilities: ChatCapabilities;
}

/** A view in an editor on this machine, of its owner. */
export const ownView: ChatPeer = { owner: MACHINE_OWNER, scope: 'local', name: 'VS Code' };

/** Replies that wait for the end of the turn; the hub holds the rest back. */
const MAX_WAITING = 64;

/** A view's line to a hub in the same process. Replies come after `send` has returned, as over any other carrier. */
export class LocalChatPort implements ChatPort {
  readonly capabilities: ChatCapabilities;
  #status: ChatPortStatus = { state: 'connected' };
  readonly #clock: Clock;
  readonly #owned = new DisposableStore();
  readonly #replies = this.#owned.add(new Emitter<ChatReply>());
  readonly #statusChanged = this.#owned.add(new Emitter<ChatPortStatus>());
  readonly #joiner = new TextJoiner();
  readonly #connection: HubConnection;
  #waiting: ChatReply[] = [];
  #deliveryPlanned = false;

  constructor(options: LocalChatPortOptions) {
    this.capabilities = options.capabilities;
    this.#clock = options.clock;
    const isReady = (): boolean => this.#waiting.length < MAX_WAITING;
    this.#connection = this.#owned.add(
      options.hub.connect(options.peer, {
        get ready() {
          return isReady();
        },
        send: (reply) => {
          const whole = this.#joiner.take(reply);
          if (whole) this.#deliverLater(whole);
        },
        close: (error) => {
          this.#status = { state: 'error', error };
          this.#statusChanged.fire(this.#status);
        },
      }),
    );
  }

  get status(): ChatPortStatus {
    return this.#status;
  }

  get onDidChangeStatus(): Event<ChatPortStatus> {
    return this.#statusChanged.event;
  }

  get onReply(): Event<ChatReply> {
    return this.#replies.event;
  }

  send(request: ChatRequest): void {
    if (request.type === 'send' && utf8(request.text).length > MAX_PROMPT_BYTES) throw new TunnelError('messageTooLong');
    this.#connection.receive(request);
  }

  dispose(): void {
    this.#waiting = [];
    this.#owned.dispose();
  }

  #deliverLater(reply: ChatReply): void {
    this.#waiting.push(reply);
    if (this.#deliveryPlanned) return;
    this.#deliveryPlanned = true;
    this.#clock.defer(() => {
      this.#deliveryPlanned = false;
      const replies = this.#waiting;
      this.#waiting = [];
      for (const one of replies) this.#replies.fire(one);
      if (!this.#owned.isDisposed) this.#connection.onWritable();
    });
  }
}
