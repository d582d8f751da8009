import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type * as vscode from 'vscode';
import { nullLogger } from '../../src/base/log.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { env, fakeEditor, FakeWebview, Uri } from '../fakes/vscode.ts';
const { ChatSurface } = await import('../../src/views/chatSurface.ts');
const { ShownChatFile } = await import('../../src/views/shownChat.ts');

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the words of the chat in a webview', () => {
  let webview: FakeWebview;
  let surface: InstanceType<typeof ChatSurface>;

  beforeEach(() => {
    fakeEditor.reset();
    webview = new FakeWebview();
  });
  afterEach(() => {
    surface.dispose();
    env.language = 'en';
  });

  function draw(language: string): void {
    env.language = language;
    const extensionUri = Uri.file('/ext') as unknown as vscode.Uri;
    surface = new ChatSurface(
      webview as unknown as vscode.Webview,
      {
        extensionUri,
        agent: new Promise(() => undefined),
        bus: new StatusBus(),
        random: new SeededRandom(1),
        log: nullLogger,
        mend: () => Promise.resolve(),
        hiddenAnswers: { shown: () => undefined, leftBehind: () => undefined },
      },
      new ShownChatFile(extensionUri, nullLogger),
    );
  }
  const scripts = (): string[] => [...webview.html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script = '']) => script);

  it('stand in the document itself in a German editor, before the script that draws, under the same nonce', async () => {
    fakeEditor.files.set(Uri.file('/ext/dist/webview/german.js').toString(), new TextEncoder().encode('c2lSpeech = "ä";'));
    draw('de');
    await settle();
    assert.deepEqual(scripts(), ['c2lSpeech = "ä";', '']);
    const nonces = [...webview.html.matchAll(/<script[^>]*nonce="([^"]+)"/g)].map(([, nonce]) => nonce);
    assert.equal(new Set(nonces).size, 1);
    assert.equal(nonces.length, 2);
    assert.match(webview.html, /<html lang="de">/);
  });

  it('are not asked for in any other language: the document is there at once, and says that it is English', () => {
    draw('fr');
    assert.deepEqual(scripts(), ['']);
    assert.match(webview.html, /<html lang="en">/);
  });

  it('are English where the file is missing, and come too late for a view that is gone', async () => {
    draw('de');
    await settle();
    assert.deepEqual(scripts(), ['']);
    surface.dispose();
    webview = new FakeWebview();
    draw('de');
    surface.dispose();
    await settle();
    assert.equal(webview.html, '');
  });
});
