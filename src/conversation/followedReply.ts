import { assertNever } from '../base/assertNever.ts';
import type { ChatReply } from '../protocol/chat.ts';
import type { ChatPeer, Followed } from './chatPeer.ts';
import type { OwnerId } from './ports.ts';

/** What views follow, as it is now. */
export interface FollowedSource {
  ollama(): ChatReply;
  conversations(owner: OwnerId, before?: string): ChatReply;
  loaded(peer: ChatPeer): ChatReply;
  pulls(): ChatReply;
  prompts(owner: OwnerId): ChatReply;
}

/** What a view that follows something is told of it. @throws TunnelError `storeFailed` */
export function followedReply(source: FollowedSource, peer: ChatPeer, what: Followed): ChatReply {
  switch (what) {
    case 'ollama':
      return source.ollama();
    case 'conversations':
      return source.conversations(peer.owner);
    case 'loaded':
      return source.loaded(peer);
    case 'pulls':
      return source.pulls();
    case 'prompts':
      return source.prompts(peer.owner);
    default:
      return assertNever(what);
  }
}
