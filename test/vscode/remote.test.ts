import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deferred } from '../../src/base/deferred.ts';
import { systemClock } from '../../src/base/clock.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../../src/secure/pairingLink.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { dialWs } from '../../src/tunnel/node/wsLinkSocket.ts';
import { pairClient, type PairingResult } from '../../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import { JsonProcess } from '../integration/support/childProcess.ts';
import { root } from '../harness/paths.ts';
import { readQr } from '../harness/readQr.ts';
import type { Workbench } from '../harness/workbench.ts';
import { EditorRig, shots, until } from './editorRig.ts';

const ours = { dial: dialWs, clock: systemClock, random: systemRandom, crypto: nodeCrypto };
const question = 'wants to chat with your models';

function startRelay(port: string, ...options: string[]): JsonProcess {
  const cli = join(root, 'dist', 'cli.mjs');
  return new JsonProcess(process.execPath, [cli, 'relay', '--json', '--port', port, ...options], { cwd: root });
}

/** It has ended, and was told so. */
function isAt({ supervisor: { state } }: ClientTunnel, code: string): boolean {
  return 'error' in state && state.error === code;
}

/** Somebody with the link, as the page is. */
function pairBy(link: string): {
  readonly words: Promise<readonly string[]>;
  readonly result: Promise<PairingResult>;
  readonly staticKey: ReturnType<typeof nodeCrypto.importKey>;
} {
  const staticKey = nodeCrypto.importKey(systemRandom.bytes(32));
  const words = deferred<readonly string[]>();
  const options = { ...ours, staticKey, link: parsePairingLink(link), name: 'Firefox on Android', kind: 'page', scope: 'chat' } as const;
  const result = pairClient(options, { onWaiting: () => undefined, onAsked: words.resolve });
  result.catch(() => undefined);
  return { words: words.promise, result, staticKey };
}

describe('a real editor and a real relay', () => {
  let rig: EditorRig;
  let workbench: Workbench;
  let relay: JsonProcess;
  let address: string;
  let invite: string;
  /** What a browser still holds that was removed. */
  let revoked: ConstructorParameters<typeof ClientTunnel>[0]['pairing'] | undefined;

  before(async () => {
    relay = startRelay('0');
    ({ url: address, invite } = (await relay.first('listening')) as unknown as { url: string; invite: string });
    const settings = { 'cloudtolocalllm.relay.url': address };
    rig = await EditorRig.start({ ollama: { gate: 'manual', script: [' alpha', ' beta', ' gamma'] }, settings });
    workbench = await rig.open();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await picture(`failed-${this.currentTest.title.replace(/\W+/g, '-').slice(0, 40)}`);
  });
  after(async () => {
    await rig.stop();
    await relay.stop();
  });

  const shows = (text: string | RegExp): Promise<void> => workbench.statusBarItem().filter({ hasText: text }).waitFor();
  const picture = (name: string): Promise<unknown> => workbench.page.screenshot({ path: join(shots, `${name}.png`) });

  async function newLink(): Promise<string> {
    await workbench.runCommand('CloudToLocalLLM: Pair a Browser…');
    return await workbench.webview().getByRole('textbox', { name: 'Pairing link' }).inputValue();
  }

  const prompt = (text: string): Promise<void> => workbench.page.locator('.quick-input-message').filter({ hasText: text }).waitFor();

  it('says in words why a relay refuses this computer, and offers what mends it', async () => {
    await workbench.runCommand('CloudToLocalLLM: Connect');
    await workbench.toast('wants an invite').waitFor();
    await shows('Invite needed');
    assert.match((await workbench.statusBarItem().getAttribute('class')) ?? '', /error-kind/);
    await picture('state-error');
  });

  it('stores no invite that is wrong, says why where the next is typed, and connects once it is right', async () => {
    await workbench.toastButton('wants an invite', 'Set Up Relay…').click();
    await workbench.quickPickRow('Enter an Address or a Join Link…').waitFor();
    await picture('set-up-relay-ways');
    await workbench.quickPickRow('Enter an Address or a Join Link…').click();
    await workbench.answerInputBox(address);
    await prompt('wants an invite');
    await workbench.answerInputBox('somebody.99999999999.AAAA');
    await prompt('does not accept this invite');
    await picture('set-up-relay-invite');
    assert.ok(!readFileSync(join(rig.state, 'relay.json'), 'utf8').includes('invite'));
    await workbench.answerInputBox(invite);
    await shows('Connected');
    await picture('state-connected');
  });

  it('asks natively who has read the QR code off the screen, with the same six words, and takes Enter as a no', async () => {
    const link = await newLink();
    const code = workbench.webview().getByRole('img', { name: 'QR code of the pairing link' });
    await picture('pairing-panel');
    const read = await readQr(workbench.page, await code.screenshot());
    assert.equal(read, link);
    await workbench.webview().getByText('a phone cannot reach it').waitFor();
    const browser = pairBy(read);
    const words = await browser.words;
    await workbench
      .dialog(question)
      .filter({ hasText: words.join(' ') })
      .waitFor();
    await picture('pairing-question');
    await workbench.page.keyboard.press('Enter');
    await assert.rejects(browser.result, /pairingDenied/);
    await workbench.page.locator('.tab').filter({ hasText: 'Pair a Browser' }).waitFor({ state: 'detached' });
  });

  it('lets in whom the user allows, shows an answer on its way, pauses, goes on and revokes, each within a second', async () => {
    const link = await newLink();
    const browser = pairBy(link);
    await browser.words;
    await workbench.dialogButton(question, 'Allow as My Own Browser').click();
    const { root: secret } = await browser.result;
    await workbench.toast('Firefox on Android is paired').waitFor();
    const { psk, dialHash } = deriveClient(nodeCrypto, secret);
    const { origin, deviceKey } = parsePairingLink(link);
    revoked = { origin, deviceKey, staticKey: browser.staticKey, psk, dialHash };
    const tunnel = new ClientTunnel({ ...ours, pairing: revoked });
    const port = new TunnelChatPort(tunnel);
    try {
      await tunnel.supervisor.connect();
      await askThrough(port);
      const isTold = (code: string) => (): boolean => isAt(tunnel, code);
      await workbench.runCommand('CloudToLocalLLM: Pause Remote Access');
      await until('the browser is told that access is paused', isTold('paused'), 1_000);
      await shows('Paused');
      await picture('state-paused');
      await workbench.runCommand('CloudToLocalLLM: Resume Remote Access');
      await until('the browser is back', () => tunnel.supervisor.state.kind === 'connected', 10_000);
      await workbench.runCommand('CloudToLocalLLM: Manage Paired Browsers…');
      await workbench.answerInputBox('Firefox');
      await workbench.page.locator('.quick-input-widget').getByText('Rename…').waitFor();
      await workbench.answerInputBox('Revoke');
      await workbench.dialogButton('Revoke Firefox on Android?', 'Revoke').click();
      await until('the browser is told that it was removed', isTold('revoked'), 1_000);
    } finally {
      port.dispose();
      tunnel.dispose();
    }
  });

  async function askThrough(port: TunnelChatPort): Promise<void> {
    const replies: ChatReply[] = [];
    port.onReply((reply) => replies.push(reply));
    const conversationId = toBase64url(systemRandom.bytes(16));
    port.send({ type: 'open', conversationId });
    port.send({ type: 'send', requestId: toBase64url(systemRandom.bytes(16)), conversationId, text: 'hello', model: 'stand-in:latest' });
    await shows(/Streaming 1/);
    await picture('state-streaming');
    rig.ollama.release(10);
    const text = (): string =>
      replies.map((reply) => (reply.type === 'event' && reply.event.type === 'chunk' ? reply.event.message.chunk : '')).join('');
    await until('the answer is whole', () => text() === ' alpha beta gamma');
    await shows(/Connected 1/);
  }

  it('shows that the relay has gone, and connects again by itself', async () => {
    await relay.stop('SIGKILL');
    await shows('Reconnecting');
    await until('the warning colour', async () => /warning-kind/.test((await workbench.statusBarItem().getAttribute('class')) ?? ''));
    await picture('state-reconnecting');
    relay = startRelay(new URL(address).port, '--open');
    await relay.first('listening');
    await shows('Connected');
  });

  it('lets nobody in again who was revoked, by the relay that was started anew', async () => {
    assert.ok(revoked);
    const tunnel = new ClientTunnel({ ...ours, pairing: revoked });
    try {
      tunnel.supervisor.start();
      await until('told again', () => isAt(tunnel, 'revoked'));
    } finally {
      tunnel.dispose();
    }
  });

  it('connects by itself after a reload, and stays apart after a disconnect', async () => {
    await workbench.reload();
    await shows('Connected');
    await workbench.runCommand('CloudToLocalLLM: Disconnect');
    await shows('Local AI');
    await workbench.reload();
    await shows('Local AI');
    await workbench.page.getByRole('button', { name: 'Not connected to 127.0.0.1' }).waitFor();
  });
});
