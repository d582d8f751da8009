import { deferred } from '../base/deferred.ts';
import type { ModelClient } from '../conversation/ports.ts';
import { suggestModel } from '../conversation/suggestModel.ts';
import type { ModelInfo } from '../protocol/chatModels.ts';
import { TunnelError } from '../protocol/errors.ts';
import { ollamaErrors } from '../protocol/status.ts';
import type { HopCheck, HopFinding } from './diagnose.ts';

export interface OllamaHopsOptions {
  readonly models: ModelClient;
  /** Which one is to say a word. Default: one that is in memory, else the smallest, so that the run changes and waits least. */
  readonly model?: string | undefined;
}

/** The way from this device to a word of a model. */
export function ollamaHops({ models, model }: OllamaHopsOptions): readonly HopCheck[] {
  let asked = '';
  return [
    {
      hop: 'ollama',
      check: async () => {
        const { state, url, version, standIn } = await models.check();
        const error = ollamaErrors[state];
        // that it has none is for the next hop to say
        if (error !== undefined && state !== 'noModels') throw new TunnelError(error, url);
        return { note: [url, version, standIn === true ? 'a stand-in, not a model' : undefined].filter(isText).join(' · ') };
      },
      late: (seconds) => new TunnelError('ollamaWrongHost', `no answer within ${seconds}`),
    },
    {
      hop: 'models',
      check: async () => {
        const list = await models.listModels();
        if (list.length === 0) throw new TunnelError('ollamaNoModels');
        const chosen = model ?? leastTrouble(list);
        if (chosen === undefined) throw new TunnelError('ollamaNoModels', 'none of them can chat on this computer');
        if (!list.some(({ name }) => name === chosen)) throw new TunnelError('ollamaModelMissing', chosen);
        asked = chosen;
        return { note: list.length === 1 ? '1 model' : `${String(list.length)} models` };
      },
      late: (seconds) => new TunnelError('ollamaFailed', `no list of models within ${seconds}`),
    },
    {
      hop: 'token',
      check: (signal) => oneToken(models, asked, signal),
      late: (seconds) => new TunnelError('ollamaFirstTokenTimeout', `${asked}, ${seconds}`),
    },
  ];
}

/** One that is in memory, else the smallest; no cloud model: a diagnosis sends nothing elsewhere. */
function leastTrouble(list: readonly ModelInfo[]): string | undefined {
  return suggestModel(
    [...list].sort((a, b) => (a.size ?? Infinity) - (b.size ?? Infinity)),
    undefined,
  );
}

/** Asks once, and stops the model at its first word, be it thought or said. */
async function oneToken(models: ModelClient, model: string, signal: AbortSignal): Promise<HopFinding> {
  const heard = deferred<HopFinding>();
  const hear = (): void => {
    heard.resolve({ note: model });
  };
  const endMute = (): void => {
    heard.reject(new TunnelError('ollamaFailed', `${model} said nothing`));
  };
  const stop = (): void => {
    heard.reject(new TunnelError('cancelled'));
  };
  signal.addEventListener('abort', stop, { once: true });
  const generation = models.generate(
    { model, messages: [{ role: 'user', content: 'Say yes.' }] },
    { onLoading: () => undefined, onText: hear, onThought: hear, onEnd: endMute, onError: heard.reject },
  );
  try {
    return await heard.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    generation.dispose();
  }
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
