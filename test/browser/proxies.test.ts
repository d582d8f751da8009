import assert from 'node:assert/strict';
import { TestBrowser } from '../harness/chromium.ts';
import { keyNameOf } from '../harness/testCa.ts';
import { proxyNames } from '../integration/deploy/deployedProxy.ts';
import { startDeployedStack, type DeployedStack } from '../integration/deploy/deployedStack.ts';
import { ChatPage, gatedAnswer } from './support.ts';

const pieces = ['one', 'two', 'three', 'four', 'five'];

// `are here, where the set-up can fetch them` in test/integration/deploy fails where one is missing and should not be
describe('the page in a browser, over TLS', () => {
  let deployed: DeployedStack;
  let browser: TestBrowser;
  afterEach(async () => {
    await browser.close();
    await deployed.stop();
  });

  for (const name of proxyNames) {
    it(`pairs behind the ${name} of deploy/, draws each piece of an answer before the next is sent, and keeps itself for later`, async () => {
      deployed = await startDeployedStack([name], { ollama: { gate: 'manual', script: pieces.map((piece) => ` ${piece}`) } });
      const { port, url } = deployed.proxies[0] ?? assert.fail();
      browser = await TestBrowser.launch([`--ignore-certificate-errors-spki-list=${await keyNameOf(port)}`]);
      const context = await browser.newContext();
      const chat = await ChatPage.pair(context, deployed.stack);
      assert.equal(new URL(chat.page.url()).origin, url);
      await chat.ask('hello');
      await gatedAnswer(chat, deployed.stack, pieces);
      await chat.stopButton.waitFor({ state: 'hidden' });
      assert.ok(await chat.page.evaluate(() => isSecureContext));
      await chat.page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    });
  }
});
