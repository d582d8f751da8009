import { utf8 } from '../base/bytes.ts';
import type { GenerationRequest } from '../conversation/ports.ts';

/** Base64 that begins as JPEG, PNG or WebP does: whoever speaks for Ollama might take anything else for the name of a file. */
const IMAGE = /^(?:\/9j\/|iVBORw0KGgo|UklGR)/;

/**
 * The exact body of `POST /api/chat`: model, messages, `stream`, and what was asked for. `num_ctx` in particular is left out otherwise, for a
 * changed value makes Ollama load the model anew.
 */
export function encodeChatRequest(request: GenerationRequest): Uint8Array {
  const { model, temperature, contextLength, keepAliveSeconds, think } = request;
  const messages = request.messages.map(({ role, content, images = [] }) => {
    const seen = images.filter((image) => IMAGE.test(image));
    return { role, content, ...(seen.length === 0 ? {} : { images: seen }) };
  });
  const options = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(contextLength === undefined ? {} : { num_ctx: contextLength }),
  };
  return utf8(
    JSON.stringify({
      ...{ model, messages, stream: true },
      ...(think === undefined ? {} : { think }),
      ...(keepAliveSeconds === undefined ? {} : { keep_alive: keepAliveSeconds }),
      ...(Object.keys(options).length === 0 ? {} : { options }),
    }),
  );
}
