import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { helloRequest } from '../../src/protocol/chat.ts';
import { newId, until } from '../integration/support/stack.ts';
import { eachTestPaired, type PairedDesk } from './pairedDesk.ts';

describe('one chat in several places', function () {
  this.timeout(60_000);
  const paired = eachTestPaired();
  let desk: PairedDesk['desk'];
  let chat: PairedDesk['chat'];
  beforeEach(() => {
    ({ desk, chat } = paired());
  });

  it('names the panel that looks at it too in the head of the chat, until it leaves', async () => {
    await chat.ask('hello');
    await chat.shows('to hello');
    const conversationId = new URL(chat.page.url()).hash.slice('#/c/'.length);
    const others = chat.page.locator('.others');
    assert.equal(await others.count(), 0);
    const panel = desk.agent.createChatPort();
    let names: readonly string[] = [];
    panel.onReply((reply) => {
      if (reply.type === 'viewers') ({ names } = reply);
    });
    panel.send(helloRequest);
    panel.send({ type: 'open', conversationId });
    await others.filter({ hasText: 'Also in VS Code' }).waitFor();
    await until('the panel knows of the page', () => names.length === 1);
    assert.match(names[0] ?? '', /^Chrome on /);
    panel.dispose();
    await others.waitFor({ state: 'detached' });
  });

  it('leaves text and caret alone while somebody asks in the same chat elsewhere', async () => {
    await chat.ask('hello');
    await chat.shows('to hello');
    const conversationId = new URL(chat.page.url()).hash.slice('#/c/'.length);
    await chat.composer.fill('half a thought');
    await chat.composer.evaluate((field: HTMLTextAreaElement) => {
      field.setSelectionRange(4, 6);
    });
    const panel = desk.agent.createChatPort();
    panel.send(helloRequest);
    panel.send({ type: 'open', conversationId });
    panel.send({ type: 'send', requestId: newId(), conversationId, text: 'from the desk', model: 'stand-in:latest' });
    panel.send({ type: 'rename', requestId: newId(), conversationId, title: 'Renamed there' });
    await chat.shows('to from the desk');
    await chat.page.getByRole('heading', { name: 'Renamed there' }).waitFor();
    assert.deepEqual(await fieldOf(chat.page), ['half a thought', 4, 6]);
    panel.dispose();
  });
});

function fieldOf(page: Page): Promise<readonly unknown[]> {
  return page
    .getByRole('textbox', { name: 'Message' })
    .evaluate((field: HTMLTextAreaElement) => [field.value, field.selectionStart, field.selectionEnd]);
}
