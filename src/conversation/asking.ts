import { utf8 } from '../base/bytes.ts';
import { mayUseModel } from '../policy/chatPolicy.ts';
import type { ConversationRequest } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import type { ChatPeer } from './chatPeer.ts';
import { faultOfImages } from './questionImages.ts';

/** What makes the model write an answer. */
export type Asking = Extract<ConversationRequest, { model: string }>;

export function isAsking(request: ConversationRequest): request is Asking {
  return 'model' in request;
}

/** What is known of the models, and which images have come. */
type Known = Parameters<typeof faultOfImages>[0] & { readonly isCloudModel: (name: string) => boolean };

/** Why a request cannot be put to the model, whatever else goes on. */
export function faultOf(known: Known, peer: ChatPeer, request: Asking): ErrorCode | undefined {
  const { model } = request;
  if (model.trim() === '' || ('text' in request && request.text.trim() === '')) return 'badMessage';
  if ('text' in request && utf8(request.text).length > MAX_PROMPT_BYTES) return 'messageTooLong';
  if (!mayUseModel(peer, { name: model, cloud: known.isCloudModel(model) })) return 'notAllowed';
  return faultOfImages(known, peer.owner, request);
}
