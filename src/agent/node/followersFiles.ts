import { fromUtf8, utf8, toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { deferred } from '../../base/deferred.ts';
import type { Random } from '../../base/random.ts';
import { helloRequest } from '../../protocol/chat.ts';
import { fetchChatFile, putChatFile } from '../../protocol/chatFileLine.ts';
import type { ChatFiles } from '../../protocol/chatFiles.ts';
import type { ChatPort } from '../../protocol/chatPort.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { MAX_CHAT_FILE_BYTES } from '../../protocol/limits.ts';

/** How long nothing may come of a transfer, ms. */
const SILENT_MS = 60_000;

/** Chats as files for a window that follows: part by part over a chat line. */
export function followersFiles(createPort: () => ChatPort, clock: Clock, random: Random): ChatFiles {
  const over = async <T>(work: (port: ChatPort, ending: AbortController, hubEpoch: string) => Promise<T>): Promise<T> => {
    const owned = new DisposableStore();
    const ending = new AbortController();
    const port = owned.add(createPort());
    let silence = owned.add(clock.after(SILENT_MS, () => undefined));
    const hear = (): void => {
      owned.delete(silence);
      silence = owned.add(
        clock.after(SILENT_MS, () => {
          ending.abort(new TunnelError('leaderStuck'));
        }),
      );
    };
    hear();
    owned.add(port.onReply(hear));
    const welcome = deferred<string>();
    owned.add(
      port.onReply((reply) => {
        if (reply.type === 'welcome') welcome.resolve(reply.hubEpoch);
      }),
    );
    ending.signal.addEventListener('abort', () => {
      welcome.reject(ending.signal.reason);
    });
    try {
      port.send(helloRequest);
      return await work(port, ending, await welcome.promise);
    } finally {
      owned.dispose();
    }
  };
  return {
    exportChat: (conversationId, format) =>
      over(async (port, { signal }) =>
        fromUtf8(await fetchChatFile(port, { conversationId, format }, { signal, onProgress: () => undefined })),
      ),
    importChats: (json, { onProgress, isCancelled } = {}) =>
      over(async (port, ending, hubEpoch) => {
        const bytes = utf8(json);
        if (bytes.length === 0 || bytes.length > MAX_CHAT_FILE_BYTES)
          throw new TunnelError('importFailed', 'it is too large for a window that does not hold the connection; import it in that one');
        const fileId = toBase64url(random.bytes(16));
        const tell = (done: number, total: number): void => {
          if (isCancelled?.() === true) ending.abort(new TunnelError('cancelled'));
          onProgress?.(done, total);
        };
        const result = await putChatFile(port, { fileId, bytes, hubEpoch }, { signal: ending.signal, onProgress: tell });
        if (result === 'unknown') throw new TunnelError('deviceRestarted');
        return { ...result, left: 0 };
      }),
  };
}
