import assert from 'node:assert/strict';
import { ImageUploads, imagePart } from '../../src/conversation/imageUploads.ts';
import type { ImageInfo } from '../../src/protocol/chatImages.ts';
import { MAX_IMAGE_PART_UNITS } from '../../src/protocol/limits.ts';
import { ChatController } from '../../src/ui/chatController.ts';
import { canSend, draftOf, imagesOf, imageTrouble } from '../../src/ui/chatModel.ts';
import { readTextFile, shareWords } from '../../src/ui/textFile.ts';
import { readViewState, type ViewState } from '../../src/ui/viewStorage.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { ScriptedPort } from './scriptedPort.ts';
import { answer, chat, epoch, idOf, question, snapshot } from './talk.ts';

const welcome = {
  type: 'welcome',
  version: 1,
  hubEpoch: epoch,
  deviceName: 'Desk',
  scope: 'chat',
  features: ['images', 'temporaryChats'],
} as const;

function setUp(kept: unknown = { conversationId: chat }) {
  const port = new ScriptedPort();
  const saved: ViewState[] = [];
  const storage = { load: () => kept, save: (state: ViewState) => void saved.push(structuredClone(state)) };
  const controller = new ChatController({ port, clock: new FakeClock(), random: new SeededRandom(1), storage });
  port.reply({ ...welcome, features: [...welcome.features] });
  port.reply({ type: 'models', items: [{ name: 'sees', capabilities: ['vision'] }] });
  port.reply(snapshot(0));
  return { port, controller, saved };
}

const data = `/9j/${'A'.repeat(2 * MAX_IMAGE_PART_UNITS)}`;
const info: ImageInfo = { id: idOf('cat'), type: 'image/jpeg', width: 4, height: 3, units: data.length, alt: 'cat.jpg' };

/** Answers what was put as a hub does. @returns how many parts there were */
function hold(port: ScriptedPort, uploads: ImageUploads): number {
  let parts = 0;
  for (let asked = port.take('putImage'); asked.length > 0; asked = port.take('putImage')) {
    for (const { image, offset, data: part } of asked) {
      parts++;
      port.reply({ type: 'imageHeld', imageId: image.id, ...uploads.put('owner', image, offset, part) });
    }
  }
  return parts;
}

describe('images of a question in a view', () => {
  it('puts an image part by part, sends the question when it is whole, and forgets it with the question', () => {
    const { port, controller } = setUp();
    controller.setDraft('What is it?');
    controller.images.add({ info, data });
    assert.equal(canSend(controller.model), false);
    const uploads = new ImageUploads();
    assert.equal(hold(port, uploads), 3);
    assert.equal(uploads.find('owner', info.id)?.data, data);
    assert.ok(controller.send());
    assert.deepEqual(port.take('send')[0]?.images, [info.id]);
    assert.deepEqual(imagesOf(controller.model), []);
  });

  it('goes on after a lost line where the hub is, and from the beginning with another hub', () => {
    const { port, controller } = setUp();
    const uploads = new ImageUploads();
    controller.images.add({ info, data });
    const [first] = port.take('putImage');
    assert.ok(first);
    uploads.put('owner', info, 0, first.data);
    port.reply({ ...welcome, features: [...welcome.features] });
    assert.equal(hold(port, uploads), 3);
    assert.equal(imagesOf(controller.model)[0]?.state, 'ready');
    controller.images.add({ info: { ...info, id: idOf('dog') }, data });
    port.take('putImage');
    port.reply({ ...welcome, hubEpoch: idOf('another'), features: [...welcome.features] });
    assert.equal(hold(port, new ImageUploads()), 3);
    assert.deepEqual(
      imagesOf(controller.model).map(({ state }) => state),
      ['ready', 'ready'],
    );
  });

  it('says what the hub has not taken, and what the model does not see', () => {
    const { port, controller } = setUp();
    controller.setDraft('What is it?');
    controller.images.add({ info, data });
    port.reply({ type: 'imageHeld', imageId: info.id, held: 0, isRefused: true });
    assert.match(imageTrouble(controller.model) ?? '', /was not taken/);
    assert.equal(controller.send(), false);
    controller.images.remove(info.id);
    controller.images.add({ info, data });
    hold(port, new ImageUploads());
    port.reply({ type: 'models', items: [{ name: 'blind', capabilities: ['completion'] }] });
    assert.match(imageTrouble(controller.model) ?? '', /^blind cannot see images\. Pull a model that can/);
    assert.equal(canSend(controller.model), false);
    port.reply({ type: 'models', items: [{ name: 'who knows' }] });
    assert.equal(canSend(controller.model), true);
  });

  it('gives a refused question back with its images, and keeps those over a reload', () => {
    const { port, controller, saved } = setUp();
    controller.setDraft('What is it?');
    controller.images.add({ info, data });
    hold(port, new ImageUploads());
    controller.send();
    const [request] = port.take('send');
    port.reply({ type: 'refused', requestId: request?.requestId, error: 'modelCannotSee' });
    assert.equal(draftOf(controller.model), 'What is it?');
    assert.deepEqual(imagesOf(controller.model), [{ info, state: 'ready' }]);
    const again = setUp(JSON.parse(JSON.stringify(saved.at(-1))));
    assert.deepEqual(imagesOf(again.controller.model), [{ info, state: 'ready' }]);
    assert.equal(again.controller.images.data(info.id), undefined);
    for (let [asked] = again.port.take('getImage'); asked; [asked] = again.port.take('getImage'))
      again.port.reply(imagePart(asked.imageId, data, asked.offset));
    assert.equal(again.controller.images.data(info.id), data);
  });

  it('knows an image that is not there any more, and does not ask for it twice', () => {
    const { port, controller } = setUp();
    assert.equal(controller.images.data(info.id), undefined);
    assert.equal(controller.images.data(info.id), undefined);
    assert.equal(port.take('getImage').length, 1);
    port.reply(imagePart(info.id, '', 0));
    assert.equal(controller.images.data(info.id), 'missing');
    assert.deepEqual(port.take('getImage'), []);
  });
});

describe('a temporary chat in a view', () => {
  it('marks what begins it, keeps nothing of it, and takes no trace into the next chat', () => {
    const { port, controller, saved } = setUp();
    controller.newChat(true);
    const { id } = controller.model.conversation;
    port.reply(snapshot(0, [], { conversationId: id }));
    controller.setDraft('zebra');
    controller.attach([{ path: 'zebra.md', language: 'md', text: 'zebra' }]);
    controller.send();
    assert.equal(port.take('send')[0]?.temporary, true);
    controller.setDraft('zebra again');
    controller.keep();
    assert.ok(saved.length > 0 && !JSON.stringify(saved).includes('zebra'));
    assert.deepEqual(readViewState(JSON.parse(JSON.stringify(saved.at(-1)))).temporary, true);
    port.reply(snapshot(1, [question('q'), answer('a', 'done', 'yes')], { conversationId: id, temporary: true }));
    controller.newChat();
    assert.ok(!JSON.stringify(controller.model).includes('zebra'));
    assert.deepEqual(controller.model.kept, []);
    assert.equal(controller.model.conversation.temporary, undefined);
  });

  it('says that it is over when the device that held it was started anew', () => {
    const { port, controller } = setUp();
    controller.newChat(true);
    const conversationId = controller.model.conversation.id;
    port.reply(snapshot(1, [question('q'), answer('a', 'done', 'yes')], { conversationId, temporary: true }));
    port.reply(snapshot(0, [], { conversationId, hubEpoch: idOf('another') }));
    assert.equal(controller.model.refusal?.error, 'unknownConversation');
    assert.equal(controller.model.conversation.temporary, true);
  });

  it('is deleted without a way back', () => {
    const { port, controller } = setUp();
    controller.newChat(true);
    const conversationId = controller.model.conversation.id;
    port.reply(snapshot(1, [question('q'), answer('a', 'done', 'yes')], { conversationId, temporary: true }));
    controller.delete(conversationId);
    assert.equal(port.take('deleteConversation').length, 1);
    assert.equal(controller.model.undo, undefined);
    assert.notEqual(controller.model.conversation.id, conversationId);
  });
});

describe('text files of a question', () => {
  const file = (name: string, content: string | Uint8Array<ArrayBuffer>): File => new File([content], name);

  it('reads text, names its language, and says what is too long or no text', async () => {
    assert.deepEqual(await readTextFile(file('a b.TS', 'let x;')), { path: 'a b.TS', language: 'ts', text: 'let x;' });
    assert.deepEqual(await readTextFile(file('`\n', 'x')), { path: 'file', language: '', text: 'x' });
    const tooLong = await readTextFile(file('big.log', 'x'.repeat(60_000)));
    assert.ok(typeof tooLong === 'string');
    assert.match(tooLong, /^big\.log has 60 kB; a question holds 57 kB\./);
    assert.equal(await readTextFile(file('nul.bin', 'a\0b')), 'nul.bin is not text.');
    assert.equal(await readTextFile(file('bad.bin', new Uint8Array([0xc3, 0x28]))), 'bad.bin is not text.');
  });

  it('says how large a text is and how much of the context it takes', () => {
    assert.equal(shareWords('x'.repeat(4000), 8192), 'about 12 % of the context');
    assert.equal(shareWords('x', 8192), 'under 1 % of the context');
    assert.equal(shareWords('x'.repeat(4000), undefined), 'about 1,000 tokens');
  });
});
