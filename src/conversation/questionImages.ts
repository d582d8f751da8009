import type { ConversationRequest } from '../protocol/chat.ts';
import type { ImageData64, ImageInfo } from '../protocol/chatImages.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { ImageUploads } from './imageUploads.ts';
import type { ConversationStore, OwnerId } from './ports.ts';
import { wellFormed } from './textPieces.ts';

type Asking = Extract<ConversationRequest, { model: string }>;

/** The images of a question: those that are new, and all of them. */
export interface QuestionImages {
  readonly fresh: readonly ImageData64[];
  readonly infos: readonly ImageInfo[];
}

interface Sources {
  readonly uploads: ImageUploads;
  readonly canSee: (model: string) => boolean;
}

export function faultOfImages({ uploads, canSee }: Sources, owner: OwnerId, request: Asking): ErrorCode | undefined {
  const ids = request.type === 'send' ? (request.images ?? []) : [];
  if (ids.some((id) => !uploads.find(owner, id))) return 'imageMissing';
  return ids.length > 0 && !canSee(request.model) ? 'modelCannotSee' : undefined;
}

/** Those that were put for a question, or those of the question in whose place it is asked. */
export function imagesOf(
  { uploads, store }: { readonly uploads: ImageUploads; readonly store: ConversationStore },
  { owner, id }: { readonly owner: OwnerId; readonly id: string },
  request: Asking,
): QuestionImages {
  if (request.type === 'edit') return { fresh: [], infos: store.message(owner, id, request.questionId)?.message.images ?? [] };
  const ids = request.type === 'send' ? [...new Set(request.images ?? [])] : [];
  const fresh = ids.map((imageId) => uploads.find(owner, imageId)).filter((image) => image !== undefined);
  return { fresh, infos: fresh.map(({ info }) => info) };
}

/** A question with the images that go with it. */
export function questionOf(text: string, id: string, createdAt: number, { infos }: QuestionImages): ChatMessage {
  return { id, role: 'user', text: wellFormed(text), createdAt, ...(infos.length === 0 ? {} : { images: [...infos] }) };
}
