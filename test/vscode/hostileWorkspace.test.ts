import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { StatusWatch } from '../harness/drawnStatus.ts';
import { root } from '../harness/paths.ts';
import { descendants } from '../harness/processes.ts';
import { tcpSockets } from '../harness/sockets.ts';
import { stopAtFirstRed } from '../harness/stopAtFirstRed.ts';
import type { Workbench, WorkbenchAddress } from '../harness/workbench.ts';
import { JsonProcess } from '../integration/support/childProcess.ts';
import { manifest } from '../views/readManifest.ts';
import { ChatPanel, EditorRig, shots, until } from './editorRig.ts';

/** Longer than anything waits that looks by itself: Ollama is looked for every 5 s. */
const WATCH_MS = 6_000;

/** Counts who comes, and says nothing. */
class Trap {
  connections = 0;
  readonly #server: Server = createServer((socket) => {
    this.connections += 1;
    socket.on('error', () => undefined);
    socket.destroy();
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.#server.close();
  }
}

describe('a hostile workspace in a real editor', function () {
  this.timeout(180_000);
  stopAtFirstRed();
  const folder = mkdtempSync(join(tmpdir(), 'c2l-hostile-'));
  const trap = new Trap();
  let trapUrl: string;
  let rig: EditorRig;
  let workbench: Workbench;
  let relay: JsonProcess | undefined;

  before(async () => {
    trapUrl = await trap.start();
    const settings = hostileSettings(trapUrl);
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name, '.vscode'), { recursive: true });
      writeFileSync(join(folder, name, '.vscode', 'settings.json'), JSON.stringify(settings));
    }
    const folders = [{ path: 'one' }, { path: 'two' }];
    writeFileSync(join(folder, 'both.code-workspace'), JSON.stringify({ folders, settings }));
    rig = await EditorRig.start({ trust: 'ask' });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.page.screenshot({ path: join(shots, 'failed-hostile.png') });
  });
  after(async () => {
    await rig.stop();
    await relay?.stop();
    trap.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** All is as in an empty window: what is drawn, what the agent asks and is asked, and nobody has come to the trap. */
  async function changesNothing(): Promise<void> {
    const watch = await StatusWatch.start(workbench);
    await watch.shows({ icon: 'comment-discussion', text: 'Local AI', colour: 'none', spoken: 'Local chat, no relay set up' });
    // The agent starts behind the item, and then looks for Ollama.
    await until('the hover names the Ollama of the user', async () => {
      const text = await (await workbench.statusBarHover()).innerText();
      await workbench.page.mouse.move(400, 300);
      await workbench.page.locator('.workbench-hover').first().waitFor({ state: 'detached' });
      assert.ok(!text.includes(trapUrl));
      return text.includes(rig.ollama.url);
    });
    await workbench.runCommand('CloudToLocalLLM: Run Diagnostics');
    await workbench.page.locator('.view-line').filter({ hasText: 'All is well on this computer. No relay is set up.' }).first().waitFor();
    await workbench.runCommand('View: Close All Editors');
    const before = rig.ollama.requests.length;
    await workbench.page.waitForTimeout(WATCH_MS);
    assert.ok(rig.ollama.requests.length > before, 'nothing looked for Ollama meanwhile');
    assert.equal(trap.connections, 0);
    assert.ok((await watch.drawn()).every(({ text }) => text === 'Local AI'));
  }

  for (const [what, address] of [
    ['a folder', { folder: join(folder, 'one') }],
    ['a .code-workspace of two folders', { workspace: join(folder, 'both.code-workspace') }],
  ] satisfies [string, WorkbenchAddress][]) {
    const restricted = () => workbench.page.locator('.statusbar-item').filter({ hasText: 'Restricted Mode' });

    it(`that is ${what} and not trusted changes nothing and makes nobody connect`, async () => {
      workbench = await rig.open(address);
      await workbench.dialog('Do you trust').getByRole('button', { name: /^No/ }).click();
      await restricted().waitFor();
      await changesNothing();
    });

    it(`that is ${what} and trusted changes nothing and makes nobody connect`, async () => {
      await workbench.runCommand('Workspaces: Manage Workspace Trust');
      const before = await keptTrust(workbench.page);
      await workbench.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
      await restricted().waitFor({ state: 'detached' });
      // A reload ahead of that would ask again.
      await until('the editor has kept whom it trusts', async () => (await keptTrust(workbench.page)) !== before);
      // On a busy machine it asks all the same.
      const asked = workbench.dialog('Do you trust');
      await workbench.page.addLocatorHandler(asked, () => asked.getByRole('button', { name: /^Yes/ }).click());
      await workbench.reload();
      await changesNothing();
      assert.equal(await restricted().count(), 0);
      await workbench.page.removeLocatorHandler(asked);
      if (what === 'a folder') await workbench.page.close();
    });
  }

  it('has a trap that is met by whoever goes there', async () => {
    await workbench.runCommand('CloudToLocalLLM: Connect');
    await workbench.quickPickRow('Enter an Address or a Join Link…').click();
    await workbench.answerInputBox(trapUrl);
    await until('somebody comes to the trap', () => trap.connections > 0);
  });

  it('finds no port that the extension listens on, while it is connected and its chat is open', async () => {
    relay = new JsonProcess(process.execPath, [join(root, 'dist', 'cli.mjs'), 'relay', '--json', '--port', '0', '--open'], { cwd: folder });
    const url = String((await relay.first('listening'))['url']);
    await workbench.runCommand('CloudToLocalLLM: Set Up Relay…');
    await workbench.quickPickRow('Enter an Address or a Join Link…').click();
    await workbench.answerInputBox(url);
    await workbench.statusBarItem().filter({ hasText: 'Connected' }).waitFor();
    await new ChatPanel(workbench).open();
    const hosts = rig.server.extensionHosts();
    const sockets = hosts.flatMap((host) => [host, ...descendants(host)]).flatMap(tcpSockets);
    // What the kernel is asked here shows the connection to the relay: it would show a port as well.
    const port = Number(new URL(url).port);
    assert.ok(
      sockets.some(({ state, remotePort }) => state === 'connected' && remotePort === port),
      JSON.stringify(sockets),
    );
    assert.deepEqual(
      sockets.filter(({ state }) => state === 'listening'),
      [],
    );
    assert.ok(tcpSockets(process.pid).some(({ state, localPort }) => state === 'listening' && localPort === Number(new URL(trapUrl).port)));
  });
});

/** What the editor has written down of whom it trusts, which it does a moment after it was told. */
function keptTrust(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const result = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error ?? new Error('unknown'));
        };
      });
    const kept: string[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('vscode-web-state-db-')) continue;
      const database = await result(indexedDB.open(name));
      const value: unknown = await result(database.transaction('ItemTable').objectStore('ItemTable').get('content.trust.model.key'));
      if (typeof value === 'string') kept.push(value);
      database.close();
    }
    return kept.join('\n');
  });
}

/** Every setting of ours, turned to harm, and the proxy that our requests would take. */
function hostileSettings(trapUrl: string): Readonly<Record<string, unknown>> {
  const chosen: Readonly<Record<string, unknown>> = {
    'cloudtolocalllm.relay.url': trapUrl,
    'cloudtolocalllm.relay.autoConnect': 'always',
    'cloudtolocalllm.ollama.url': trapUrl,
    'cloudtolocalllm.statusBar.label': 'icon',
    'cloudtolocalllm.notifications': 'off',
  };
  const rest = Object.entries(manifest.contributes.configuration.properties).map(
    ([name, { type, enum: values }]) => [name, values?.at(-1) ?? hostileValue(type, trapUrl)] as const,
  );
  return { ...Object.fromEntries(rest), ...chosen, 'http.proxy': trapUrl, 'http.proxySupport': 'override' };
}

function hostileValue(type: unknown, trapUrl: string): unknown {
  if (type === 'boolean') return true;
  return type === 'string' ? trapUrl : 1_000_000;
}
