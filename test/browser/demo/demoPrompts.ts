import type { ChatReply, ChatRequest, PromptRequest } from '../../../src/protocol/chat.ts';
import type { SavedPrompt } from '../../../src/protocol/chatPrompts.ts';

/** The saved prompts of the demo hub. */
export class DemoPrompts {
  items: SavedPrompt[] = [];

  isAbout(request: ChatRequest): request is PromptRequest | Extract<ChatRequest, { type: 'listPrompts' }> {
    return request.type === 'listPrompts' || 'promptId' in request;
  }

  answer(request: PromptRequest | Extract<ChatRequest, { type: 'listPrompts' }>): ChatReply[] {
    if (request.type === 'listPrompts') return [{ type: 'prompts', items: this.items }];
    const { requestId, promptId: id } = request;
    this.items = this.items.filter((prompt) => prompt.id !== id);
    if (request.type === 'savePrompt') this.items.push({ id, name: request.name, text: request.text });
    this.items.sort((a, b) => (a.name < b.name ? -1 : 1));
    return [
      { type: 'accepted', requestId },
      { type: 'prompts', items: this.items },
    ];
  }
}
