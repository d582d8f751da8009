import { assertNever } from '../base/assertNever.ts';
import type { Logger } from '../base/log.ts';
import type { ChatReply, PromptRequest } from '../protocol/chat.ts';
import { promptFault } from '../protocol/chatPrompts.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { ChatPeer } from './chatPeer.ts';
import type { ConversationStore, OwnerId } from './ports.ts';

export interface SavedPromptsOptions {
  readonly store: Pick<ConversationStore, 'prompts' | 'replyTo' | 'rememberReply'>;
  readonly log: Logger;
  readonly onDidChange: (owner: OwnerId) => void;
}

/** The prompts that people keep: the one place that changes them. */
export class SavedPrompts {
  readonly #options: SavedPromptsOptions;

  constructor(options: SavedPromptsOptions) {
    this.#options = options;
  }

  /** @throws TunnelError `storeFailed` */
  list(owner: OwnerId): ChatReply {
    return { type: 'prompts', items: [...this.#options.store.prompts.list(owner)] };
  }

  /** A repeat of a request is answered with the first answer and changes nothing. */
  change({ owner }: ChatPeer, request: PromptRequest, respond: (reply: ChatReply) => void): void {
    const { store, log } = this.#options;
    const { requestId } = request;
    try {
      const first = store.replyTo(owner, requestId);
      if (first) {
        respond(first);
        return;
      }
      const error = this.#changeOnce(owner, request);
      const reply: ChatReply = error === undefined ? { type: 'accepted', requestId } : { type: 'refused', requestId, error };
      store.rememberReply(owner, requestId, reply);
      respond(reply);
      if (error === undefined) this.#options.onDidChange(owner);
    } catch (error) {
      const { code, detail } = TunnelError.from(error);
      log.warn('a saved prompt could not be changed', { code, detail });
      respond({ type: 'refused', requestId, error: code, ...(detail === undefined ? {} : { detail }) });
    }
  }

  #changeOnce(owner: OwnerId, request: PromptRequest): ErrorCode | undefined {
    const { prompts } = this.#options.store;
    switch (request.type) {
      case 'savePrompt': {
        const { promptId: id, name, text } = request;
        const fault = promptFault(prompts.list(owner), { id, name, text });
        if (fault === undefined) prompts.save(owner, { id, name, text });
        return fault;
      }
      case 'deletePrompt':
        prompts.delete(owner, request.promptId);
        return undefined;
      default:
        return assertNever(request);
    }
  }
}
