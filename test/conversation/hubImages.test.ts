import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { toBase64url } from '../../src/base/bytes.ts';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import type { ImageInfo } from '../../src/protocol/chatImages.ts';
import { MAX_IMAGE_PART_UNITS, MAX_IMAGE_UNITS, MAX_PROMPT_IMAGES, MAX_UPLOADED_UNITS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

/** Base64 text that begins like a JPEG; `kind` makes it another one. */
function jpeg(kind: number, units = 64): string {
  const bytes = new Uint8Array((units / 4) * 3).fill(kind);
  bytes.set([0xff, 0xd8, 0xff]);
  return toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
}

function infoOf(name: string, data: string, more: Partial<ImageInfo> = {}): ImageInfo {
  return { id: idOf(name), type: 'image/jpeg', width: 40, height: 30, units: data.length, alt: `${name}.jpg`, ...more };
}

/** Puts a whole image, part by part, going on where the hub says. @returns the last answer */
function put(view: TestView, info: ImageInfo, data: string): { readonly held: number; readonly isRefused?: true | undefined } {
  let last = { held: 0 };
  for (let step = 0; step === 0 || (last.held < data.length && step < 1_000); step++) {
    view.send({ type: 'putImage', image: info, offset: last.held, data: data.slice(last.held, last.held + MAX_IMAGE_PART_UNITS) });
    const answer = view.of('imageHeld').at(-1);
    assert.equal(answer?.imageId, info.id);
    last = answer;
    if (answer.isRefused) return answer;
  }
  return last;
}

function get(view: TestView, conversation: string, imageId: string): string {
  let data = '';
  for (;;) {
    view.send({ type: 'getImage', conversationId: idOf(conversation), imageId, offset: data.length });
    const part = view.of('imagePart').at(-1);
    data += part?.data ?? '';
    if (!part || part.data === '' || data.length >= part.total) return data;
  }
}

function ask(view: TestView, text: string, images: readonly string[], conversation = 'c', requestId = idOf(`ask ${text}`)): void {
  view.send({ type: 'send', requestId, conversationId: idOf(conversation), text, model: 'm:1', images: images.map(idOf) });
}

describe('hub: images of questions', () => {
  let folder: string;
  let store: SqliteStore;
  let world: HubWorld;
  let view: TestView;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-images-'));
    store = SqliteStore.open(join(folder, 'chats.db'), new FakeClock()).store;
    world = new HubWorld({ store });
    world.models.models = [{ name: 'm:1', capabilities: ['completion', 'vision'] }];
    view = world.view();
    view.open(idOf('c'));
  });
  afterEach(() => {
    world.hub.dispose();
    assert.deepEqual(world.faults, []);
    store.dispose();
    rmSync(folder, { recursive: true });
  });

  const imagesAsked = (at = -1): readonly (readonly string[] | undefined)[] =>
    world.models.requests.at(at)?.request.messages.map(({ images }) => images) ?? [];
  const count = (table: string): number => {
    const db = new DatabaseSync(join(folder, 'chats.db'), { readOnly: true });
    const n = Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    db.close();
    return n;
  };

  it('takes an image in parts, shows it to the model as it is, and gives it back to every view, after a restart too', async () => {
    const data = jpeg(1, 3 * MAX_IMAGE_PART_UNITS + 400);
    const info = infoOf('cat', data);
    assert.deepEqual(put(view, info, data).held, data.length);
    ask(view, 'What is this?', ['cat']);
    await world.clock.advance(1_000);
    assert.deepEqual(imagesAsked(), [[data]]);
    assert.deepEqual(view.conversations.get(idOf('c'))?.messages[0]?.images, [info]);
    world.hub.dispose();
    world.start();
    const later = world.view();
    later.open(idOf('c'));
    assert.deepEqual(later.conversations.get(idOf('c'))?.messages[0]?.images, [info]);
    assert.equal(get(later, 'c', info.id), data);
  });

  it('goes on where it was after parts that came twice, out of order or from another place', () => {
    const data = jpeg(2, 800);
    const info = infoOf('cat', data);
    const part = (offset: number, end: number) => ({ type: 'putImage', image: info, offset, data: data.slice(offset, end) }) as const;
    for (const [offset, end, held] of [
      [0, 200, 200],
      [0, 200, 200],
      [400, 600, 200],
      [200, 500, 500],
      [500, 800, 800],
      [500, 800, 800],
    ] as const) {
      view.send(part(offset, end));
      assert.equal(view.of('imageHeld').at(-1)?.held, held);
    }
    assert.equal(get(view, 'c', info.id), data);
  });

  it('refuses what is no image: another kind, cut short, too long for what was said of it, or not base64', () => {
    const data = jpeg(3, 400);
    for (const [info, text] of [
      [infoOf('a', data, { type: 'image/png' }), data],
      [infoOf('b', data, { type: 'image/webp' }), data],
      [infoOf('c', data, { units: 300 }), data],
      [infoOf('d', data), `${data.slice(0, 200)}=${data.slice(201)}`],
      [infoOf('e', data), 'A'.repeat(400)],
    ] as const) {
      assert.equal(put(view, info, text).isRefused, true, info.alt);
      ask(view, `with ${info.alt}`, [info.id]);
      assert.equal(view.of('refused').at(-1)?.error, 'imageMissing');
    }
  });

  it('refuses a question whose images have not come, or whose model cannot see them', async () => {
    ask(view, 'What is this?', ['cat']);
    assert.equal(view.of('refused').at(-1)?.error, 'imageMissing');
    const data = jpeg(4);
    put(view, infoOf('cat', data), data);
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    ask(guest, 'What is theirs?', ['cat'], 'g');
    assert.equal(guest.of('refused').at(-1)?.error, 'imageMissing');
    world.models.models = [{ name: 'm:1', capabilities: ['completion'] }];
    view.send({ type: 'listModels' });
    await world.clock.settle();
    ask(view, 'And now?', ['cat']);
    assert.equal(view.of('refused').at(-1)?.error, 'modelCannotSee');
    assert.equal(world.models.requests.length, 0);
    assert.deepEqual(store.listConversations('owner'), []);
  });

  it('keeps an image when its question is asked again or edited, and lets a model that cannot see do without', async () => {
    const data = jpeg(5);
    put(view, infoOf('cat', data), data);
    ask(view, 'What is this?', ['cat']);
    await world.clock.advance(1_000);
    const [question, answer] = view.conversations.get(idOf('c'))?.messages ?? [];
    const again = { conversationId: idOf('c'), model: 'm:1' };
    view.send({ type: 'regenerate', requestId: idOf('again'), answerId: answer?.id ?? '', ...again });
    await world.clock.advance(1_000);
    assert.deepEqual(imagesAsked(), [[data]]);
    view.send({ type: 'edit', requestId: idOf('edit'), questionId: question?.id ?? '', text: 'And its colour?', ...again });
    await world.clock.advance(1_000);
    assert.deepEqual(imagesAsked(), [[data]]);
    assert.equal(count('image'), 1);
    assert.equal(count('message_image'), 2);
    world.models.models = [{ name: 'm:1', capabilities: ['completion'] }];
    view.send({ type: 'listModels' });
    await world.clock.settle();
    world.ask(view, 'Thanks');
    await world.clock.advance(1_000);
    assert.deepEqual(imagesAsked(), [undefined, undefined, undefined]);
  });

  it('shows the model the newest images alone', async () => {
    for (let n = 0; n <= MAX_PROMPT_IMAGES; n++) {
      const data = jpeg(n, 64);
      put(view, infoOf(`i${String(n)}`, data), data);
      ask(view, `question ${String(n)}`, [`i${String(n)}`]);
      await world.clock.advance(1_000);
    }
    const seen = imagesAsked().filter((images) => images !== undefined);
    assert.equal(seen.length, MAX_PROMPT_IMAGES);
    assert.equal(imagesAsked()[0], undefined);
  });

  it('deletes images with their chat, and gives nobody another’s', async () => {
    const data = jpeg(6);
    put(view, infoOf('cat', data), data);
    ask(view, 'What is this?', ['cat']);
    await world.clock.advance(1_000);
    assert.equal(get(world.view({ owner: 'guest', scope: 'chat' }), 'c', idOf('cat')), '');
    assert.equal(get(view, 'another', idOf('cat')), '');
    view.send({ type: 'deleteConversation', requestId: idOf('delete'), conversationId: idOf('c') });
    assert.equal(get(view, 'c', idOf('cat')), '');
    const db = new DatabaseSync(join(folder, 'chats.db'));
    db.exec('UPDATE conversation SET deleted_at = 0');
    db.close();
    while (store.purge());
    assert.equal(count('message'), 0);
    assert.equal(count('image'), 0);
  });

  it('exports images with their chat and takes them in again', async () => {
    const data = jpeg(7);
    put(view, infoOf('cat', data), data);
    ask(view, 'What is this?', ['cat']);
    await world.clock.advance(1_000);
    assert.match(world.hub.transfer.exportChat('owner', idOf('c'), 'markdown'), /## You\n\n\*Image: cat\.jpg\*\n\nWhat is this\?/);
    const imported = world.hub.transfer.importChats('owner', world.hub.transfer.exportChat('owner', idOf('c'), 'json'));
    await world.clock.advance(10);
    await imported;
    const copy = store.listConversations('owner').find(({ id }) => id !== idOf('c'))?.id ?? '';
    const [image] = store.messages('owner', copy, { limit: 10 }).messages[0]?.images ?? [];
    assert.notEqual(image?.id, idOf('cat'));
    assert.equal(store.image('owner', copy, image?.id ?? ''), data);
  });

  it('holds no more than it may of images that no question takes: the oldest is forgotten', () => {
    const first = jpeg(8, MAX_IMAGE_UNITS);
    put(view, infoOf('first', first), first);
    for (let n = 0; n < MAX_UPLOADED_UNITS / MAX_IMAGE_UNITS; n++)
      view.send({ type: 'putImage', image: infoOf(`n${String(n)}`, first), offset: 0, data: first.slice(0, 100) });
    ask(view, 'What is this?', ['first']);
    assert.equal(view.of('refused').at(-1)?.error, 'imageMissing');
  });
});
