import { demoIdOf, type DemoChat } from '../../browser/demo/demoPort.ts';
import type { DemoPage } from '../../browser/ui/demoPage.ts';
import { longAnswer } from '../../ui/markdown/longAnswer.ts';

const LINES = 60_000;
const chatName = 'sixty';

/** A chat of 60,000 lines: questions, and long answers of all kinds of blocks. */
function longChat(): DemoChat {
  const answer = longAnswer(6000);
  const perTurn = answer.split('\n').length + 1;
  const messages = Array.from({ length: Math.ceil(LINES / perTurn) }, (_, i) => [
    { id: demoIdOf(`q${String(i)}x`), role: 'user' as const, text: `Question ${String(i)}`, createdAt: i },
    { id: demoIdOf(`a${String(i)}x`), role: 'assistant' as const, text: answer, createdAt: i, model: 'qwen3:8b', state: 'done' as const },
  ]).flat();
  return { title: 'Sixty thousand lines', updatedAt: 0, messages, sequence: messages.length };
}

export interface LongChatCost {
  /** From asking for the chat until its newest page is painted, ms. */
  readonly openMs: number;
  /** From a key to the frame that shows it, ms, with every message of the chat drawn. */
  readonly keysMs: readonly number[];
  readonly messages: number;
}

/** Opens the chat, scrolls back until all of it is drawn, and types into it. */
export async function openAndType(demo: DemoPage, keys: number): Promise<LongChatCost> {
  const chat = longChat();
  await demo.page.evaluate(
    (hub) => {
      sessionStorage.setItem('demo.hub', hub);
    },
    JSON.stringify([[demoIdOf(chatName), chat]]),
  );
  const openMs = await demo.page.evaluate(async (name) => {
    history.replaceState(null, '', `#/c/${window.demo.idOf(name)}`);
    const started = performance.now();
    window.demo.start();
    while (document.querySelectorAll('[role=article]').length < 60) await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - started;
  }, chatName);
  await demo.page.evaluate(async (count) => {
    for (;;) {
      const drawn = document.querySelectorAll('[role=article]').length;
      if (drawn >= count) return;
      document.querySelector('c2l-transcript')?.dispatchEvent(new CustomEvent('c2l-older', { bubbles: true }));
      while (document.querySelectorAll('[role=article]').length === drawn) await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, chat.messages.length);
  await demo.message.click();
  await demo.page.evaluate(() => {
    const delays: number[] = [];
    Object.assign(window, { delays });
    document.addEventListener('keydown', ({ timeStamp }) => {
      requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - timeStamp)));
    });
  });
  await demo.page.keyboard.type('the quick brown fox '.repeat(Math.ceil(keys / 20)).slice(0, keys), { delay: 30 });
  const keysMs = await demo.page.evaluate(async (count) => {
    const { delays } = window as unknown as { delays: number[] };
    while (delays.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
    return delays;
  }, keys);
  return { openMs, keysMs, messages: chat.messages.length };
}
