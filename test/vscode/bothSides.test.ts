import assert from 'node:assert/strict';
import type { BrowserContext, Locator } from 'playwright-core';
import { ChatPage } from '../browser/support.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestBrowser } from '../harness/chromium.ts';
import { root } from '../harness/paths.ts';
import { keyNameOf, testCa } from '../harness/testCa.ts';
import { proxyNames, startDeployedProxy, type DeployedProxy, type ProxyName } from '../integration/deploy/deployedProxy.ts';
import { JsonProcess } from '../integration/support/childProcess.ts';
import { freePort } from '../integration/support/stack.ts';
import { ChatPanel, EditorRig, until } from './editorRig.ts';

/** Three times the bound of 200 ms: the machine has other work. */
const MAX_APART_MS = 3 * 200;

/** The last word of the question: answers differ by it. */
const nonceOf = (prompt: string): string => prompt.split(' ').at(-1) ?? '';

/** When `text` is drawn in a document, by the machine's clock, ms. */
function drawn(body: Locator, text: string): Promise<number> {
  return body.evaluate(
    (element, wanted) =>
      new Promise<number>((resolve) => {
        const look = (): boolean => {
          const isThere = [...element.querySelectorAll('[role=article]')].some(({ textContent }) => textContent.includes(wanted));
          if (isThere)
            requestAnimationFrame(() =>
              setTimeout(() => {
                resolve(Date.now());
              }),
            );
          return isThere;
        };
        if (look()) return;
        const observer = new MutationObserver(() => {
          if (look()) observer.disconnect();
        });
        observer.observe(element, { subtree: true, childList: true, characterData: true });
      }),
    text,
  );
}

/** Both come over TLS by the proxies of deploy/, as far as the machine has them; on Linux another test fails where it has not. */
const ways: readonly (ProxyName | 'nothing')[] = proxyNames.length > 0 ? proxyNames : ['nothing'];

for (const way of ways)
  describe(`one chat in the panel of a real editor and on the page, the relay behind ${way}`, () => {
    let rig: EditorRig;
    let relay: JsonProcess;
    let proxy: DeployedProxy | undefined;
    const folder = mkdtempSync(join(tmpdir(), 'c2l-ca-'));
    let browser: TestBrowser | undefined;
    let context: BrowserContext;
    let panel: ChatPanel;
    let page: ChatPage;
    const apart: string[] = [];

    before(async () => {
      const port = await freePort();
      proxy = way === 'nothing' ? undefined : await startDeployedProxy(way, port);
      const known = proxy ? ['--public-url', proxy.url, '--trusted-hops', '1'] : [];
      const args = [join(root, 'dist', 'cli.mjs'), 'relay', '--json', '--port', String(port), ...known];
      relay = new JsonProcess(process.execPath, args, { cwd: root });
      const { url, invite } = await relay.first('listening');
      const caFile = join(folder, 'ca.pem');
      writeFileSync(caFile, testCa.cert);
      const script = ({ prompt }: { readonly prompt: string }): string[] => [` ${nonceOf(prompt)} alpha`, ' beta', ' gamma'];
      rig = await EditorRig.start({ ollama: { gate: 'manual', script }, env: { NODE_EXTRA_CA_CERTS: caFile } });
      const workbench = await rig.open();
      await workbench.runCommand('CloudToLocalLLM: Connect');
      await workbench.quickPickRow('Enter an Address or a Join Link…').click();
      await workbench.answerInputBox(String(url));
      await workbench.page.locator('.quick-input-message').filter({ hasText: 'wants an invite' }).waitFor();
      await workbench.answerInputBox(String(invite));
      await workbench.statusBarItem().filter({ hasText: 'Connected' }).waitFor();
      await workbench.runCommand('CloudToLocalLLM: Pair a Browser…');
      const link = await workbench.webview().getByRole('textbox', { name: 'Pairing link' }).inputValue();
      browser = await TestBrowser.launch(proxy ? [`--ignore-certificate-errors-spki-list=${await keyNameOf(proxy.port)}`] : []);
      context = await browser.newContext();
      page = ChatPage.on(await context.newPage());
      await page.page.goto(link);
      await page.page.getByRole('button', { name: 'Pair', exact: true }).click();
      await workbench.dialogButton('wants to chat with your models', 'Allow as My Own Browser').click();
      await page.ready();
      panel = new ChatPanel(workbench);
      await panel.open();
    });
    after(async () => {
      await browser?.close();
      await rig.stop();
      await relay.stop();
      await proxy?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** How far apart the two draw it, ms. */
    async function bothDraw(text: string, act: () => unknown): Promise<void> {
      const seen = [drawn(panel.document.locator('body'), text), drawn(page.page.locator('body'), text)];
      await act();
      const [one = NaN, other = NaN] = await Promise.all(seen);
      apart.push(`${text}: ${String(Math.abs(one - other))} ms`);
      assert.ok(Math.abs(one - other) <= MAX_APART_MS, apart.join(', '));
    }

    async function answerIsLive(): Promise<void> {
      for (const piece of ['alpha', 'beta', 'gamma']) {
        await until('the gate', () => rig.ollama.heldBack > 0);
        rig.ollama.release();
        await page.answers.last().filter({ hasText: piece }).waitFor();
        await panel.showsAnswer(piece);
      }
      await page.stopButton.waitFor({ state: 'hidden' });
      await panel.stopButton.waitFor({ state: 'hidden' });
    }

    it('shows on the page what the panel asks, and the answer piece by piece in both', async () => {
      await panel.ask('asked in the panel');
      if (!(await page.page.getByRole('navigation', { name: 'Chats' }).isVisible()))
        await page.page.getByRole('button', { name: 'Chats' }).click();
      await page.page.getByRole('navigation', { name: 'Chats' }).getByText('asked in the panel').click();
      await page.page.getByRole('article').filter({ hasText: 'asked in the panel' }).waitFor();
      await answerIsLive();
      await bothDraw('again from the panel', () => panel.ask('again from the panel'));
      await answerIsLive();
    });

    it('shows in the panel what the page asks, and the answer piece by piece in both', async () => {
      await bothDraw('asked on the page', () => page.ask('asked on the page'));
      await until('the gate', () => rig.ollama.heldBack > 0);
      await bothDraw('page alpha', () => {
        rig.ollama.release();
      });
      rig.ollama.release(10);
      await page.stopButton.waitFor({ state: 'hidden' });
      assert.equal(await page.answerText(), 'page alpha beta gamma');
      await panel.showsAnswer('page alpha beta gamma');
    });
  });
