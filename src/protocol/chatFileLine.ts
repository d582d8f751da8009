import { fromBase64url, toBase64url } from '../base/bytes.ts';
import { deferred } from '../base/deferred.ts';
import { DisposableStore, toDisposable } from '../base/disposable.ts';
import type { ChatReply } from './chat.ts';
import type { ExportFormat } from './chatFiles.ts';
import type { ChatPort } from './chatPort.ts';
import { TunnelError } from './errors.ts';
import { MAX_CHAT_FILE_PART_BYTES } from './limits.ts';

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Bytes that have gone, and in all; after each part. */
  readonly onProgress: (done: number, total: number) => void;
}

/** An export that is another one each time is given up. */
const MAX_STARTS = 4;

type Line = Pick<ChatPort, 'send' | 'onReply'>;

/** How many conversations of a file are there now, and how many of it made no sense. */
export type TakenIn = NonNullable<Extract<ChatReply, { type: 'chatFileHeld' }>['result']>;

/**
 * A conversation as a file, part by part; over a new line it goes on.
 * @throws TunnelError `unknownConversation`; `busy` when it did not stand still; what `signal` was aborted with
 */
export function fetchChatFile(
  line: Line,
  { conversationId, format }: { readonly conversationId: string; readonly format: ExportFormat },
  { signal, onProgress }: TransferOptions,
): Promise<Uint8Array> {
  let file: Uint8Array | undefined;
  let held = 0;
  let starts = 1;
  const ask = (): void => {
    line.send({ type: 'getChatFile', conversationId, format, offset: held });
  };
  return talk(line, signal, ask, (reply, settle) => {
    if (reply.type !== 'chatFilePart' || reply.conversationId !== conversationId || reply.format !== format || reply.offset !== held)
      return;
    if (reply.total === 0) throw new TunnelError('unknownConversation');
    const bytes = fromBase64url(reply.data);
    file ??= new Uint8Array(reply.total);
    if (reply.total === file.length && bytes.length > 0 && held + bytes.length <= file.length) {
      file.set(bytes, held);
      held += bytes.length;
      onProgress(held, file.length);
      if (held === file.length) settle(file);
      else ask();
      return;
    }
    // The hub had to make it anew, and it is another one by now.
    if (++starts > MAX_STARTS) throw new TunnelError('busy');
    file = undefined;
    held = 0;
    ask();
  });
}

/**
 * Has the conversations of a file taken in. Over a new line it goes on where the hub says. A hub that was started anew after it may have had
 * all of the file is not asked again, or the conversations could come twice: what came of it is `unknown` then.
 * @throws TunnelError `importFailed`, `storeFailed`, `busy`; what `signal` was aborted with
 */
export function putChatFile(
  line: Line,
  { fileId, bytes, hubEpoch }: { readonly fileId: string; readonly bytes: Uint8Array; readonly hubEpoch: string },
  { signal, onProgress }: TransferOptions,
): Promise<TakenIn | 'unknown'> {
  const total = bytes.length;
  let held = 0;
  let isAllSent = false;
  const ask = (): void => {
    const end = held + MAX_CHAT_FILE_PART_BYTES;
    isAllSent ||= end >= total;
    line.send({ type: 'putChatFile', fileId, total, offset: held, data: toBase64url(bytes.subarray(held, end)) });
  };
  return talk<TakenIn | 'unknown'>(line, signal, ask, (reply, settle) => {
    if (reply.type === 'welcome' && reply.hubEpoch !== hubEpoch && isAllSent) settle('unknown');
    if (reply.type !== 'chatFileHeld' || reply.fileId !== fileId) return;
    if (reply.error !== undefined) throw new TunnelError(reply.error);
    held = Math.min(reply.held, total);
    onProgress(held, total);
    if (reply.result) settle(reply.result);
    else ask();
  });
}

/** Asks, hears until it is settled, and asks again on each new line. */
function talk<T>(
  line: Line,
  signal: AbortSignal,
  ask: () => void,
  hear: (reply: ChatReply, settle: (value: T) => void) => void,
): Promise<T> {
  const owned = new DisposableStore();
  let isSettled = false;
  const { promise, resolve, reject } = deferred<T>();
  const guarded = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      reject(TunnelError.from(error));
    }
  };
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort);
  owned.add(
    toDisposable(() => {
      signal.removeEventListener('abort', onAbort);
    }),
  );
  owned.add(
    line.onReply((reply) => {
      guarded(() => {
        hear(reply, (value) => {
          isSettled = true;
          resolve(value);
        });
        if (reply.type === 'welcome' && !isSettled) ask();
      });
    }),
  );
  if (signal.aborted) onAbort();
  else guarded(ask);
  return promise.finally(() => {
    owned.dispose();
  });
}
