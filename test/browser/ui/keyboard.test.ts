import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

/** More stops than any state has. */
const MAX_STOPS = 120;

describe('the keyboard alone, in Chromium', () => {
  const pages = DemoPages.ofSuite();

  it('does everything from asking to undoing a deletion, and the mouse is never used', async function () {
    this.timeout(60_000);
    const demo = await pages.open('/webview', {
      viewport: { width: 380, height: 740 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const { page } = demo;
    await page.getByRole('article', { name: 'qwen3:8b, answer 2 of 2' }).waitFor();
    await page.evaluate(() => {
      const used: string[] = [];
      Object.assign(window, { used });
      for (const type of ['mousedown', 'pointerdown', 'touchstart']) addEventListener(type, () => used.push(type), true);
    });
    const { keyboard } = page;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await keyboard.press(key);
    };
    const hub = (what: 'chunk' | 'finish' | 'stopped', text = ''): Promise<void> =>
      page.evaluate(
        ([kind, piece]) => {
          const { port } = window.host;
          if (kind === 'chunk') port.chunk(piece);
          else if (kind === 'finish') port.finish();
          else port.end('stopped');
        },
        [what, text] as const,
      );
    const sent = (type: string): Promise<number> =>
      page.evaluate((wanted) => window.host.port.sent.filter((request) => request.type === wanted).length, type);

    // Ask, choose a model, stop, ask again.
    await tabTo(demo, 'Message');
    await keyboard.type('First');
    await tabTo(demo, 'Model: qwen3:8b');
    await press('Enter', 'ArrowDown', 'Enter');
    await focusIs(demo, 'Model: gemma3:4b');
    await tabTo(demo, 'Send');
    await press('Enter');
    await page.getByRole('article', { name: 'gemma3:4b, answer 3 of 3' }).waitFor();
    await tabTo(demo, 'Stop');
    await press('Enter');
    await demo.shows(demo.status, 'Stopping');
    assert.equal(await sent('stop'), 1);
    await hub('stopped');
    await focusIs(demo, 'Message');
    // Queue one while another is written, take it back, and stop by Escape.
    await keyboard.type('Second');
    await press('Enter');
    await page.getByRole('article', { name: 'gemma3:4b, answer 4 of 4' }).waitFor();
    await keyboard.type('Third');
    await press('Enter');
    await demo.shows(demo.articles.last(), /Third\s+Queued/);
    await tabTo(demo, 'Remove', 'Shift+Tab');
    await press('Enter');
    await focusIs(demo, 'Message');
    await hub('chunk', 'Some `code`:\n\n```ts\nlet a;\n```\n\n[there](https://example.com/)');
    await hub('finish');
    // Through the answer: its link, its code, its actions.
    await tabTo(demo, 'Copy message', 'Shift+Tab', 'End');
    await press('Enter');
    await demo.shows(demo.status, 'Copied');
    await press('Home');
    await focusIs(demo, 'Regenerate');
    await tabTo(demo, 'there', 'Shift+Tab');
    await tabTo(demo, 'Code, ts', 'Shift+Tab');
    await tabTo(demo, 'Insert at cursor', 'Shift+Tab');
    await press('Enter');
    await page.waitForFunction(() => window.host.code.length === 1);
    // Ask again, look at the other answer.
    await tabTo(demo, 'Regenerate');
    await press('Enter');
    await focusIs(demo, 'gemma3:4b, answer 4 of 4');
    await hub('chunk', 'Another.');
    await hub('finish');
    await tabTo(demo, 'Previous answer');
    await press('Enter');
    await demo.shows(demo.status, 'Answer 1 of 2');
    await focusIs(demo, 'Previous answer');
    // Up to the first question by its article, and edit it.
    await tabTo(demo, 'gemma3:4b, answer 4 of 4', 'Shift+Tab');
    for (let i = 0; i < 7; i++) await press('PageUp');
    await focusIs(demo, 'You, message 1 of 4');
    await tabTo(demo, 'Edit');
    await press('Enter');
    await focusIs(demo, 'Edit message');
    await press('Escape');
    await focusIs(demo, 'Edit');
    // The list of chats: search, rename, delete, undo, the bin.
    await tabTo(demo, 'Chats', 'Shift+Tab');
    await press('Enter');
    await page.getByRole('dialog', { name: 'Chats' }).waitFor();
    await tabTo(demo, 'Search chats');
    await keyboard.type('rye');
    await page.getByText('Nothing found').waitFor();
    await press('Escape', 'ArrowDown', 'ArrowDown', 'F2');
    await focusIs(demo, 'New title');
    await keyboard.type('Notes');
    await press('Enter');
    await focusIs(demo, 'Notes');
    await press('Delete');
    await focusIs(demo, 'Undo');
    await press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'visible' });
    assert.equal(await sent('restoreConversation'), 1);
    await tabTo(demo, 'Deleted chats');
    await press('Enter');
    await focusIs(demo, 'Back to chats');
    await press('Enter');
    await focusIs(demo, 'Deleted chats');
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await focusIs(demo, 'Chats');
    await tabTo(demo, 'New chat');
    await press('Enter');
    await focusIs(demo, 'Message');
    assert.deepEqual(await page.evaluate(() => (window as unknown as { used: string[] }).used), []);
    assert.deepEqual(demo.faults, []);
    await demo.close();
  });
});

const focusedName = ({ page }: DemoPage): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute('aria-label') ?? (at instanceof HTMLElement && at !== document.body ? at.innerText.trim() : '');
  });

/** The focus comes to rest on the control of this name. */
async function focusIs(demo: DemoPage, name: string): Promise<void> {
  let last = '';
  for (let left = 100; left > 0; left--) {
    last = await focusedName(demo);
    if (last === name) return;
    await demo.page.waitForTimeout(20);
  }
  assert.equal(last, name);
}

/** Presses Tab until the control of this name has the focus; `then` moves on within a toolbar once the focus is in one. */
async function tabTo(demo: DemoPage, name: string, key: 'Tab' | 'Shift+Tab' = 'Tab', then?: 'End'): Promise<void> {
  const seen: string[] = [];
  for (let left = MAX_STOPS; left > 0; left--) {
    await demo.page.keyboard.press(key);
    if (then && (await demo.page.evaluate(() => document.activeElement?.closest('[role=toolbar]') !== null)))
      await demo.page.keyboard.press(then);
    const at = await focusedName(demo);
    if (at === name) return;
    seen.push(at);
  }
  assert.fail(`${key} does not lead to ${name}, but to ${[...new Set(seen)].join(', ')}`);
}
