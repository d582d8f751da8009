import { toBase64url } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import { helloRequest, type ChatReply, type ChatRequest, type ConversationRequest, type ModelRequest } from '../protocol/chat.ts';
import type { ChatPort } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';

type WithoutId<R> = R extends unknown ? Omit<R, 'requestId'> : never;
type Change = Extract<ConversationRequest, { type: 'rename' | 'deleteConversation' | 'restoreConversation' }> | ModelRequest;

/** A line to the hub for as long as a list is open, or for one change. */
export class HubLine implements Disposable {
  readonly #port: ChatPort;
  readonly #random: Random;
  readonly #owned = new DisposableStore();
  readonly #waiting = new Map<string, { readonly resolve: () => void; readonly reject: (error: TunnelError) => void }>();

  /** @param port is the line's own from now on */
  constructor(port: ChatPort, random: Random) {
    this.#port = this.#owned.add(port);
    this.#random = random;
    this.#owned.add(
      port.onReply((reply) => {
        this.#settle(reply);
      }),
    );
    port.send(helloRequest);
  }

  get onReply(): Event<ChatReply> {
    return this.#port.onReply;
  }

  ask(request: Exclude<ChatRequest, { readonly requestId: string }>): void {
    this.#port.send(request);
  }

  /** Resolves once it is done. @throws TunnelError why it is not; `cancelled` when the line is given up first */
  async change(request: WithoutId<Change>): Promise<void> {
    const requestId = toBase64url(this.#random.bytes(16));
    const done = new Promise<void>((resolve, reject) => this.#waiting.set(requestId, { resolve, reject }));
    this.#port.send({ ...request, requestId });
    await done;
  }

  dispose(): void {
    this.#owned.dispose();
    for (const { reject } of this.#waiting.values()) reject(new TunnelError('cancelled'));
    this.#waiting.clear();
  }

  #settle(reply: ChatReply): void {
    if ((reply.type !== 'accepted' && reply.type !== 'refused') || reply.requestId === undefined) return;
    const waiting = this.#waiting.get(reply.requestId);
    this.#waiting.delete(reply.requestId);
    if (reply.type === 'accepted') waiting?.resolve();
    else waiting?.reject(new TunnelError(reply.error, reply.detail));
  }
}
