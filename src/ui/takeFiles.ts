import { MAX_MESSAGE_IMAGES } from '../protocol/limits.ts';
import type { ChatController } from './chatController.ts';
import { imagesOf } from './chatModel.ts';
import { offersImages } from './composerImages.ts';
import { ImageTrouble, prepareImage } from './prepareImage.ts';
import { readTextFile } from './textFile.ts';
import { say } from './speech.ts';

/** Adds files that were chosen, dropped or pasted to the question: images as images, the rest as text. What cannot be taken is said, once. */
export function takeFiles(controller: ChatController, files: readonly File[]): Promise<void> {
  const after = (under.get(controller) ?? Promise.resolve()).then(() => takeAll(controller, files));
  under.set(controller, after);
  return after;
}

/** Files are taken one after another, whoever gave them: they are counted, and what is said of one is not taken back by the next. */
const under = new WeakMap<ChatController, Promise<void>>();

async function takeAll(controller: ChatController, files: readonly File[]): Promise<void> {
  const notes: string[] = [];
  for (const file of files) {
    const note = file.type.startsWith('image/') ? await takeImage(controller, file) : await takeText(controller, file);
    if (note !== undefined) notes.push(note);
  }
  if (notes.length > 0) controller.images.note(notes.join(' '));
}

async function takeImage(controller: ChatController, file: File): Promise<string | undefined> {
  if (!offersImages(controller.model)) return say('The program on your computer is too old for images. Update it there.');
  if (imagesOf(controller.model).length >= MAX_MESSAGE_IMAGES) return say('A question takes {0} images.', MAX_MESSAGE_IMAGES);
  const asked = controller.model.conversation.id;
  try {
    const image = await prepareImage(file, controller.images.newId());
    // Drawing takes a moment: the chat on the screen may be another one by now.
    if (controller.model.conversation.id === asked) controller.images.add(image);
    return undefined;
  } catch (error) {
    if (error instanceof ImageTrouble) return error.message;
    return say('This image cannot be used.');
  }
}

async function takeText(controller: ChatController, file: File): Promise<string | undefined> {
  const asked = controller.model.conversation.id;
  const read = await readTextFile(file);
  if (typeof read === 'string') return read;
  if (controller.model.conversation.id === asked) controller.attach([read]);
  return undefined;
}
