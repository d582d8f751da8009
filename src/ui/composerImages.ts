import type { ImageInfo } from '../protocol/chatImages.ts';
import { MAX_MESSAGE_IMAGES } from '../protocol/limits.ts';
import { imagesOf, modelOf, type ChatModel, type ComposerImage } from './chatModel.ts';

/** What happens to the images and files of the question that is being written. */
export type ImageAction =
  | { readonly type: 'addImage'; readonly info: ImageInfo }
  | { readonly type: 'dropImage'; readonly imageId: string }
  | { readonly type: 'imagePut'; readonly imageId: string; readonly isRefused: boolean }
  /** A word about a file that could not be taken; none when it has been read. */
  | { readonly type: 'fileNote'; readonly text: string | undefined };

/** Does the device take images? */
export function offersImages({ hub }: ChatModel): boolean {
  return hub?.features?.includes('images') === true;
}

export function composerImages(model: ChatModel, action: ImageAction): ChatModel {
  const { id } = model.conversation;
  switch (action.type) {
    case 'addImage':
      return withImages(model, id, [...imagesOf(model), { info: action.info, state: 'sending' } as const].slice(0, MAX_MESSAGE_IMAGES));
    case 'dropImage':
      return withImages(
        model,
        id,
        imagesOf(model).filter(({ info }) => info.id !== action.imageId),
      );
    case 'imagePut': {
      const state = action.isRefused ? 'refused' : 'ready';
      const changed = (one: ComposerImage): ComposerImage => (one.info.id === action.imageId ? { ...one, state } : one);
      return { ...model, images: Object.fromEntries(Object.entries(model.images).map(([key, items]) => [key, items.map(changed)])) };
    }
    case 'fileNote': {
      const { fileNote: _, ...rest } = model;
      return action.text === undefined ? rest : { ...rest, fileNote: action.text };
    }
  }
}

export function withImages(model: ChatModel, conversationId: string, images: readonly ComposerImage[]): ChatModel {
  const others = Object.entries(model.images).filter(([id]) => id !== conversationId);
  return { ...model, images: Object.fromEntries(images.length === 0 ? others : [...others, [conversationId, images] as const]) };
}

/** Tokens that the model of this chat reads at once, where that is known. */
export function contextLengthOf(model: ChatModel): number | undefined {
  const name = modelOf(model);
  const answered = model.conversation.messages.findLast(({ stats }) => stats?.contextLength !== undefined)?.stats?.contextLength;
  return model.conversation.settings?.contextLength ?? model.loaded?.find((one) => one.name === name)?.contextLength ?? answered;
}
