import type { ChatReply } from '../../src/protocol/chat.ts';
import { emptyModel, type ChatModel } from '../../src/ui/chatModel.ts';
import type { ChatStep } from '../../src/ui/chatStep.ts';
import { reduceChat, type ChatAction } from '../../src/ui/reduceChat.ts';
import { chat } from './talk.ts';

export const models: ChatReply = { type: 'models', items: [{ name: 'gemma3:4b' }, { name: 'qwen3:8b' }], suggested: 'qwen3:8b' };

/** A chat's model, acted on and spoken to. */
export class View {
  model: ChatModel = emptyModel(chat, { state: 'connected' });
  last: ChatStep['requests'] = [];
  now = 5000;

  do(action: ChatAction): this {
    const { model, requests } = reduceChat(this.model, action);
    this.model = model;
    this.last = requests;
    return this;
  }

  hear(...replies: ChatReply[]): this {
    for (const reply of replies) this.do({ type: 'reply', reply, now: this.now });
    return this;
  }

  get texts(): string[] {
    return this.model.conversation.messages.map(({ text }) => text);
  }

  get answerState(): string | undefined {
    return this.model.conversation.messages.at(-1)?.state;
  }
}
