import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Clock } from '../../base/clock.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import type { Logger } from '../../base/log.ts';
import { isMutating, parseHubReply, type ChatRequest } from '../../protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../../protocol/chatPort.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { TextJoiner } from '../../protocol/textJoiner.ts';
import { ResumingChat } from '../../tunnel/resumingChat.ts';
import { openPipe, type PipeVersions } from './openPipe.ts';
import type { Seat } from './seat.ts';

/** Between the end of a line and the next one to the same leader, ms. */
const REOPEN_AFTER_MS = 250;
/** A change of leaders that takes longer is shown, ms. */
const SHOW_AFTER_MS = 1_000;

export interface SharedChatPortOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly versions?: PipeVersions | undefined;
  readonly seat: () => Seat;
  readonly onDidChangeSeat: Event<Seat>;
}

/** A view's line to the hub of whoever leads: the same from one leader to the next. */
export class SharedChatPort implements ChatPort {
  readonly capabilities: ChatCapabilities;
  readonly #options: SharedChatPortOptions;
  readonly #owned = new DisposableStore();
  /** Of the line there is now. */
  readonly #line = this.#owned.add(new DisposableStore());
  readonly #statusChanged = this.#owned.add(new Emitter<ChatPortStatus>());
  readonly #chat = this.#owned.add(new ResumingChat());
  /** Why nothing can be changed now. */
  #barrier: TunnelError | undefined;
  #status: ChatPortStatus;
  /** The view has spoken, so it listens: what a hub says before is lost. */
  #hasBegun = false;

  readonly onDidChangeStatus = this.#statusChanged.event;

  constructor(options: SharedChatPortOptions) {
    this.#options = options;
    // of one that leads, the line cannot be down
    const isOurs = options.seat().kind === 'leads';
    this.capabilities = { editorActions: true, showsConnection: !isOurs };
    this.#status = { state: isOurs ? 'connected' : 'connecting' };
    this.#owned.add(
      options.onDidChangeSeat(() => {
        if (this.#hasBegun) this.#join();
      }),
    );
  }

  get onReply(): ChatPort['onReply'] {
    return this.#chat.onReply;
  }

  get status(): ChatPortStatus {
    return this.#status;
  }

  send(request: ChatRequest): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#join();
    }
    if (this.#barrier && isMutating(request)) throw this.#barrier;
    this.#chat.send(request);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  readonly #join = (): void => {
    this.#line.clear();
    this.#chat.detach();
    this.#barrier = undefined;
    const seat = this.#options.seat();
    switch (seat.kind) {
      case 'leads':
        this.#attach(seat.node.agent.createChatPort(this.capabilities));
        this.#show({ state: 'connected' });
        return;
      case 'follows':
        this.#openPipe(seat.link.leader.address);
        return;
      case 'stuck':
        this.#stop(seat.error);
        if (seat.history) this.#attach(seat.history.createChatPort(this.capabilities), true);
        return;
      case 'refused':
        this.#stop(seat.error);
        return;
      case 'seeking':
        this.#showLater();
    }
  };

  #attach(port: ChatPort, readsOnly = false): void {
    this.#line.add(port);
    this.#line.add(
      port.onReply((reply) => {
        this.#chat.receive(reply);
      }),
    );
    this.#line.add(
      port.onDidChangeStatus(() => {
        this.#joinLater(); // the hub would not go on with it
      }),
    );
    const write = (request: ChatRequest): void => {
      port.send(request);
    };
    this.#chat.attach({ isWritable: true, write }, readsOnly);
  }

  #openPipe(address: string): void {
    const { log, versions } = this.#options;
    const joiner = new TextJoiner();
    this.#showLater();
    const pipe = openPipe(address, 'chat', { log, versions }, (answer, line) => {
      if (answer.type === 'refused') throw new TunnelError(answer.error);
      line.hear((message) => {
        const reply = joiner.take(parseHubReply(message));
        if (reply) this.#chat.receive(reply);
      });
      this.#show({ state: 'connected' });
      this.#chat.attach({
        get isWritable() {
          return line.isWritable;
        },
        write: (request) => {
          line.send(request);
        },
      });
    });
    this.#line.add(pipe);
    this.#line.add(
      pipe.onWritable(() => {
        this.#chat.flush();
      }),
    );
    this.#line.add(
      pipe.onClose(() => {
        this.#chat.detach();
        this.#joinLater();
      }),
    );
  }

  #joinLater(): void {
    this.#line.add(this.#options.clock.after(REOPEN_AFTER_MS, this.#join));
    this.#showLater();
  }

  #stop(error: TunnelError): void {
    this.#barrier = error;
    this.#show({ state: 'error', error: error.code });
  }

  #waiting: Disposable | undefined;

  /** Most changes are over before a person could read of them. */
  #showLater(): void {
    this.#waiting ??= this.#owned.add(
      this.#options.clock.after(SHOW_AFTER_MS, () => {
        this.#show({ state: 'connecting', error: 'anotherLeads' });
      }),
    );
  }

  #show(status: ChatPortStatus): void {
    if (this.#waiting) this.#owned.delete(this.#waiting);
    this.#waiting = undefined;
    if (status.state === this.#status.state && status.error === this.#status.error) return;
    this.#status = status;
    this.#statusChanged.fire(status);
  }
}
