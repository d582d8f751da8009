import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { ModelPull } from '../../../src/protocol/chatModels.ts';
import { DemoPages, type DemoPage } from './demoPage.ts';

const total = 5_225_388_164;

describe('models in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    return demo;
  });

  const button = (name: string | RegExp): Locator =>
    demo.page.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  const sheet = (): Locator => demo.page.getByRole('dialog', { name: 'Models', exact: true });
  const row = (name: string): Locator => sheet().getByRole('listitem').filter({ hasText: name });
  const report = (name: string, more: Partial<ModelPull>): Promise<void> =>
    demo.page.evaluate(
      ([model, change]) => {
        window.demo.hub.desk.pull(model, change);
      },
      [name, more] as const,
    );
  const asked = (type: string): Promise<number> =>
    demo.page.evaluate((wanted) => window.demo.hub.sent.filter((request) => request.type === wanted).length, type);
  const hasFocus = (target: Locator): Promise<void> =>
    target.evaluate(async (element) => {
      for (let frame = 0; frame < 100 && document.activeElement !== element; frame++) await new Promise(requestAnimationFrame);
      if (document.activeElement !== element)
        throw new Error(`the focus is on ${document.activeElement?.outerHTML.slice(0, 200) ?? 'nothing'}`);
    });
  /** Opens the sheet as the keyboard does. */
  const openSheet = async (): Promise<void> => {
    await button(/^Model: /).press('Enter');
    await demo.page.getByRole('listbox', { name: 'Model' }).waitFor();
    await demo.page.keyboard.press('Tab');
    await demo.page.keyboard.press('Enter');
    await sheet().waitFor();
  };

  it('lists models with size, quantisation and what they can, and which is in memory; Escape leads back to the picker', async () => {
    await demo.start({ isNew: true, scope: 'local' });
    await openSheet();
    assert.match(
      await row('qwen3:8b').innerText(),
      /8\.2B · Q4_K_M · 5\.2 GB\s+tools\s+thinking\s+In memory: 6\.5 GB, 75 % GPU, 25 % CPU · unloaded in \d min/,
    );
    assert.match(await row('gemma3:4b').innerText(), /vision/);
    assert.equal(await row('gemma3:4b').getByText('In memory').count(), 0);
    await demo.page.keyboard.press('Escape');
    await sheet().waitFor({ state: 'hidden' });
    await hasFocus(button(/^Model: /));
    assert.equal(await asked('stop'), 0);
  });

  it('unloads a model, says so, and uses another', async () => {
    await demo.start({ isNew: true, scope: 'models' });
    await openSheet();
    await row('qwen3:8b').getByRole('button', { name: 'Unload' }).press('Enter');
    await demo.shows(demo.status, 'qwen3:8b is out of memory');
    assert.equal(await sheet().getByText('In memory').count(), 0);
    assert.equal(await sheet().getByRole('button', { name: 'Delete', exact: true }).count(), 0, 'deletion is for the computer itself');
    await row('gemma3:4b').getByRole('button', { name: 'Use' }).press('Enter');
    await button('Model: gemma3:4b').waitFor();
    await hasFocus(button('Model: gemma3:4b'));
  });

  it('deletes a model only after a confirmation that names its size, with the focus kept', async () => {
    await demo.start({ isNew: true, scope: 'local' });
    await openSheet();
    const remove = row('gemma3:4b').getByRole('button', { name: 'Delete' });
    await remove.press('Enter');
    const confirm = demo.page.getByRole('alertdialog', { name: 'Delete gemma3:4b?' });
    assert.match(await confirm.innerText(), /takes 3\.3 GB/);
    await hasFocus(button('Keep it'));
    await demo.page.keyboard.press('Escape');
    await confirm.waitFor({ state: 'hidden' });
    await hasFocus(remove);
    assert.equal(await asked('deleteModel'), 0);
    await remove.press('Enter');
    await button('Delete 3.3 GB').press('Enter');
    await row('gemma3:4b').waitFor({ state: 'hidden' });
    assert.equal(await asked('deleteModel'), 1);
    await hasFocus(demo.page.getByRole('heading', { name: 'On this computer' }));
    await demo.shows(demo.status, 'gemma3:4b is deleted');
  });

  it('keeps a model that the device does not give up, and says why at its place', async () => {
    await demo.start({ isNew: true, scope: 'local' });
    await openSheet();
    await demo.page.evaluate(() => {
      window.demo.hub.desk.refuseNext = 'ollamaNotRunning';
    });
    await row('qwen3:8b').getByRole('button', { name: 'Unload' }).press('Enter');
    await row('qwen3:8b').getByText('Ollama is not running on the computer').waitFor();
  });

  it('checks a name before it is sent, and shows a download with its bytes, its rate and what is left', async () => {
    await demo.start({ isNew: true, scope: 'models' });
    await openSheet();
    const field = demo.page.getByRole('textbox', { name: 'Pull a model' });
    await field.fill('no such name!');
    await demo.page.keyboard.press('Enter');
    await sheet().getByText('That is no name of a model').waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill('registry.example/a/b');
    await demo.page.keyboard.press('Enter');
    await sheet().getByText('only models of Ollama’s own library').waitFor();
    assert.equal(await asked('pullModel'), 0);
    await field.fill('ollama run deepseek-r1:8b');
    await demo.page.keyboard.press('Enter');
    await demo.shows(demo.status, 'Pulling deepseek-r1:8b');
    const bar = demo.page.getByRole('progressbar', { name: 'Pulling deepseek-r1:8b' });
    await bar.waitFor();
    assert.equal(await bar.getAttribute('value'), null, 'nothing is known yet');
    const now = Date.now();
    await demo.page.clock.setFixedTime(now);
    await report('deepseek-r1:8b', { step: 'downloading', completed: 0, total });
    await demo.page.clock.setFixedTime(now + 2000);
    await report('deepseek-r1:8b', { completed: 1_200_000_000 });
    await sheet().getByText('1.2 GB of 5.2 GB · 22 % · 600 MB/s · 7 s left').waitFor();
    assert.equal(await bar.evaluate((element) => (element as HTMLProgressElement).value), 1_200_000_000);
  });

  it('cancels with the focus kept, tries again, and takes it off the list', async () => {
    await demo.start({ isNew: true, scope: 'models' });
    await demo.page.evaluate(() => {
      window.demo.hub.desk.pull('new:1b', { step: 'downloading', completed: 1, total: 2 });
    });
    await openSheet();
    await button('Cancel: new:1b').press('Enter');
    await hasFocus(button('Try again: new:1b'));
    await sheet().getByText('Cancelled; what has come is kept.').waitFor();
    await demo.page.keyboard.press('Enter');
    await hasFocus(button('Cancel: new:1b'));
    await demo.page.keyboard.press('Enter');
    await button('Dismiss new:1b').press('Enter');
    await button('Dismiss new:1b').waitFor({ state: 'detached' });
    await hasFocus(demo.page.getByRole('textbox', { name: 'Pull a model' }));
  });

  it('says why a download failed and what helps, for each cause', async () => {
    await demo.start({ isNew: true, scope: 'models' });
    await openSheet();
    const causes = [
      ['ollamaDiskFull', /disk of the computer is full\. Free some space/],
      ['ollamaUnknownModel', /no model of this name\. Look it up at ollama\.com/],
      ['ollamaOffline', /cannot reach the library of models\. Check its network/],
      ['ollamaPullFailed', /could not be downloaded/],
    ] as const;
    for (const [error, words] of causes) {
      await report('new:1b', { state: 'failed', error });
      await row('new:1b').getByText(words).waitFor();
      await button('Try again: new:1b').click();
      await button('Cancel: new:1b').waitFor();
    }
    assert.equal(await asked('pullModel'), causes.length);
  });

  it('finds its downloads again after a reload, and goes on showing them', async () => {
    await demo.start({ isNew: true, scope: 'models' });
    await report('new:1b', { step: 'downloading', completed: 1, total: 4 });
    await demo.page.getByRole('group', { name: 'Download of new:1b' }).getByText('Pulling new:1b, 25 %').waitFor();
    await demo.page.reload();
    await demo.start({ isNew: true, scope: 'models' });
    await demo.page.getByRole('group', { name: 'Download of new:1b' }).getByText('Pulling new:1b, 25 %').waitFor();
    assert.equal(await demo.status.innerText(), '', 'it is no news');
    await button('Show').click();
    await report('new:1b', { completed: 2 });
    await sheet()
      .getByText(/· 50 %/)
      .waitFor();
    await report('new:1b', { state: 'done' });
    await row('new:1b').getByRole('button', { name: 'Use' }).waitFor();
    await demo.shows(demo.status, 'new:1b is there');
  });

  it('suggests three models with their sizes where there is none; one press pulls, and the chat is ready when it is there', async () => {
    await demo.start({ isNew: true, noModels: true, scope: 'models' });
    const suggested = demo.page.getByRole('list', { name: 'Models to begin with' }).getByRole('button');
    assert.deepEqual(await suggested.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))), [
      'Pull llama3.2:3b, 2.0 GB · Small and quick',
      'Pull gemma3:4b, 3.3 GB · Sees pictures',
      'Pull qwen3:8b, 5.2 GB · Thinks before it answers',
    ]);
    await demo.message.fill('Kept while it comes');
    await button(/^Pull qwen3:8b, 5.2 GB/).click();
    await demo.page.getByRole('progressbar', { name: 'Pulling qwen3:8b' }).waitFor();
    await report('qwen3:8b', { step: 'downloading', completed: total, total });
    await report('qwen3:8b', { state: 'done' });
    await demo.page.evaluate(() => {
      window.demo.hub.setOllama({ state: 'ok' });
    });
    await button('Model: qwen3:8b').waitFor();
    await demo.page.getByText('Ask qwen3:8b').waitFor();
    assert.equal(await demo.message.inputValue(), 'Kept while it comes');
    assert.equal(await button('Send').isEnabled(), true);
  });

  it('offers no pull to a browser that may only chat', async () => {
    await demo.start({ isNew: true, noModels: true });
    await demo.page.getByText('Ollama has no models yet.').waitFor();
    assert.equal(await button(/^Pull/).count(), 0);
    await button('Model: none').click();
    await sheet().getByText('No models yet.').waitFor();
    assert.equal(await demo.page.getByRole('textbox', { name: 'Pull a model' }).count(), 0);
  });

  it('names a chat’s model that is gone: pull it again or choose another, the draft kept', async () => {
    await demo.start({ chat: 'main', scope: 'models' });
    await demo.message.fill('And then?');
    await demo.page.evaluate(() => {
      window.demo.hub.desk.models = window.demo.hub.desk.models.filter(({ name }) => name !== 'qwen3:8b');
      window.demo.hub.desk.tellModels();
    });
    const card = demo.page.getByRole('region', { name: 'Model' });
    await card.getByText('qwen3:8b is no longer there.').waitFor();
    await button('Choose another').click();
    await hasFocus(demo.page.getByRole('listbox', { name: 'Model' }));
    await demo.page.keyboard.press('Escape');
    await button('Pull again').click();
    await report('qwen3:8b', { step: 'downloading', completed: 1, total: 2 });
    await demo.page.getByText('Pulling qwen3:8b, 50 %').first().waitFor();
    assert.equal(await button('Pull again').count(), 0);
    await report('qwen3:8b', { state: 'done' });
    await card.waitFor({ state: 'detached' });
    await button('Model: qwen3:8b').waitFor();
    assert.equal(await demo.message.inputValue(), 'And then?');
  });

  it('leads to the page that Ollama is downloaded from, and to no other', async () => {
    await demo.start({ isNew: true });
    await demo.page.evaluate(() => {
      window.demo.hub.setOllama({ state: 'notInstalled', url: 'http://127.0.0.1:11434' });
    });
    const link = demo.page.getByRole('link', { name: 'Install Ollama' });
    await demo.page.getByText('Tried http://127.0.0.1:11434.').waitFor();
    assert.deepEqual(await link.evaluate((a) => [(a as HTMLAnchorElement).href, a.getAttribute('target'), a.getAttribute('rel')]), [
      'https://ollama.com/download',
      '_blank',
      'noopener noreferrer',
    ]);
    assert.equal(await button('Start Ollama').count(), 0, 'a page starts nothing');
  });

  const states = ['notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'] as const;
  for (const state of states)
    it(`takes its card away by itself when Ollama recovers from ${state}`, async () => {
      await demo.start({ chat: 'main', scope: 'local' });
      await demo.articles.last().waitFor();
      await demo.page.evaluate((now) => {
        window.demo.hub.setOllama({ state: now, url: 'http://127.0.0.1:11434' });
      }, state);
      const card = demo.page.getByRole('region', { name: 'Ollama' });
      await card.getByRole('button', { name: 'Check again' }).waitFor();
      await demo.page.evaluate(() => {
        window.demo.hub.setOllama({ state: 'ok' });
      });
      await card.waitFor({ state: 'detached', timeout: 10_000 });
      await button('Model: qwen3:8b').waitFor();
      assert.ok((await asked('listModels')) >= 2, 'what models there are may have changed');
    });
});
