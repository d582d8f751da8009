import { DecodeError } from '../../base/bytes.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Logger } from '../../base/log.ts';
import type { Hub } from '../../conversation/hub.ts';
import { ownView } from '../../conversation/localChatPort.ts';
import { parseChatRequest } from '../../protocol/chat.ts';
import { refusalOf } from '../chatServer.ts';
import type { PipeLine } from './pipeLine.ts';

/** Serves a view of another window from the hub. A request that cannot be read is refused by itself. */
export function serveChatLine(hub: Hub, line: PipeLine, log: Logger): Disposable {
  const owned = new DisposableStore();
  const connection = owned.add(
    hub.connect(ownView, {
      send: (reply) => {
        line.send(reply);
      },
      get ready() {
        return line.isWritable;
      },
      close: () => {
        line.dispose();
      },
    }),
  );
  line.hear((message) => {
    try {
      connection.receive(parseChatRequest(message));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      log.warn('chat request refused', { reason: error.message });
      line.send(refusalOf(message));
    }
  });
  owned.add(
    line.onWritable(() => {
      connection.onWritable();
    }),
  );
  return owned;
}
