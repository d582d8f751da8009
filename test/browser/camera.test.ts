import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { Stack } from '../integration/support/stack.ts';
import { writeFilm } from './cameraFilm.ts';
import { ChatPage } from './support.ts';

describe('the page’s camera, in Chromium with a film in its place', () => {
  let browser: TestBrowser;
  let stack: Stack;
  let page: Page;
  beforeEach(async () => {
    stack = await Stack.start();
    const film = join(stack.folder, 'film.y4m');
    writeFilm(film, ['https://example.com/menu', stack.link]);
    browser = await TestBrowser.launch(['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`]);
  });
  afterEach(async () => {
    await browser.close();
    await stack.stop();
  });

  const openCamera = async (permissions: string[]): Promise<void> => {
    page = await (await browser.newContext({ permissions })).newPage();
    await page.goto(stack.relayUrl);
    // What the page asks of the camera, and whether it ends it, is seen here alone.
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      const tracks: MediaStreamTrack[] = [];
      Object.assign(window, { tracks });
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        tracks.push(...stream.getTracks());
        return stream;
      };
    });
    await page.getByRole('button', { name: 'Scan the QR code' }).click();
  };
  const cameraIs = (): Promise<string[]> =>
    page.evaluate(() =>
      (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ kind, readyState }) => `${kind} ${readyState}`),
    );

  it('pairs with the code that it sees, says of another that it is none, and goes off', async () => {
    await openCamera(['camera']);
    await page.getByText('This code is not for pairing.').waitFor();
    assert.deepEqual(await cameraIs(), ['video live']);
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await ChatPage.on(page).ready();
    assert.deepEqual(await cameraIs(), ['video ended']);
  });

  it('goes off when it is told to, and can be started again', async () => {
    await openCamera(['camera']);
    await page.getByText('This code is not for pairing.').waitFor();
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await page.getByRole('textbox', { name: 'Pairing link or code' }).waitFor();
    assert.deepEqual(await cameraIs(), ['video ended']);
    await page.getByRole('button', { name: 'Scan the QR code' }).click();
    await page.getByRole('heading', { name: 'Pair this browser' }).waitFor();
  });

  it('says what to do when it may not look', async () => {
    await openCamera([]);
    await page.getByRole('alert').getByText('The camera is not allowed for this page.').waitFor();
  });
});
