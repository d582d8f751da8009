import { isGenerating, type ChatModel } from '../ui/chatModel.ts';
import type { ViewState } from '../ui/viewStorage.ts';
import type { PairingState } from './pairingState.ts';

/** Would a reload break off something that this page is doing? */
export function isChatAtWork(model: ChatModel): boolean {
  return (
    isGenerating(model) ||
    model.asked !== undefined ||
    model.pending.some(({ state }) => state === 'sending' || state === 'accepted') ||
    Object.values(model.images).some((images) => images.some(({ state }) => state === 'sending'))
  );
}

/** A link that was opened is gone from the address: its pairing is finished here or not at all. */
export function isPairingAtWork({ kind }: PairingState): boolean {
  return kind === 'connecting' || kind === 'waiting' || kind === 'confirm';
}

/** Would a reload lose something that was written or added? @param kept what would be there after it */
export function losesDrafts({ drafts, attachments, images }: ChatModel, kept: ViewState): boolean {
  const isTextKept = Object.entries(drafts).every(([id, text]) => text.trim() === '' || kept.drafts[id] === text);
  const areFilesKept = Object.entries(attachments).every(([id, files]) => files.length <= (kept.attachments?.[id]?.length ?? 0));
  const areImagesKept = Object.entries(images).every(
    ([id, all]) => all.filter(({ state }) => state === 'ready').length <= (kept.images?.[id]?.length ?? 0),
  );
  return !(isTextKept && areFilesKept && areImagesKept);
}
