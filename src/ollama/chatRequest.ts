import { utf8 } from '../base/bytes.ts';
import type { GenerationRequest } from '../conversation/ports.ts';

/**
 * The exact body of `POST /api/chat`. Nothing but model, messages and `stream`: `num_ctx` in particular is left out, for a changed value
 * makes Ollama load the model anew.
 */
export function encodeChatRequest(request: GenerationRequest): Uint8Array {
  const messages = request.messages.map(({ role, content }) => ({ role, content }));
  return utf8(JSON.stringify({ model: request.model, messages, stream: true }));
}
