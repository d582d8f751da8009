import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { StreamingService } from '../protocol/status.ts';
import { ChatStreamingService } from './chatStreamingService.ts';
import type { Hub } from './hub.ts';
import type { ChatPeer } from './chatPeer.ts';
import { LocalChatPort } from './localChatPort.ts';

export interface DirectStreamingServiceOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: Random;
  readonly peer: ChatPeer;
}

/** `StreamingService` straight on the hub of this process. */
export function directStreamingService({ hub, clock, random, peer }: DirectStreamingServiceOptions): StreamingService {
  const capabilities = { editorActions: false, showsConnection: false };
  return new ChatStreamingService({ random, openPort: () => new LocalChatPort({ hub, clock, peer, capabilities }) });
}
