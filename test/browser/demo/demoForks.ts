import type { ChatMessage } from '../../../src/protocol/chatMessage.ts';

/** A place of a demo chat where there are several ways on. */
export interface DemoFork {
  readonly index: number;
  readonly tails: ChatMessage[][];
}

/** Puts another way on beside what stands at `index`, and shows it. */
export function fork(messages: ChatMessage[], forks: DemoFork[], index: number, tail: ChatMessage[]): void {
  let there = forks.find((one) => one.index === index);
  if (!there) forks.push((there = { index, tails: [messages.slice(index)] }));
  keep(messages, there);
  there.tails.push(tail);
  show(messages, there, tail);
}

/** Shows the way on that begins with a message, or that holds it. */
export function choose(messages: ChatMessage[], forks: readonly DemoFork[], messageId: string): void {
  for (const there of forks) {
    keep(messages, there);
    const tail = there.tails.find((one) => one.some(({ id }) => id === messageId));
    if (tail) show(messages, there, tail);
  }
}

/** What is shown may have grown since. */
function keep(messages: readonly ChatMessage[], { index, tails }: DemoFork): void {
  const at = tails.findIndex(([first]) => first?.id === messages[index]?.id);
  if (at >= 0) tails[at] = messages.slice(index);
}

function show(messages: ChatMessage[], { index, tails }: DemoFork, tail: readonly ChatMessage[]): void {
  const at = tails.findIndex(([first]) => first?.id === tail[0]?.id);
  const idOf = (position: number): string | undefined => tails[position]?.[0]?.id;
  const [previous, next] = [idOf(at - 1), idOf(at + 1)];
  const siblings = {
    ...{ position: at + 1, count: tails.length },
    ...(previous === undefined ? {} : { previous }),
    ...(next === undefined ? {} : { next }),
  };
  messages.splice(index, Infinity, ...tail.map((message, offset) => (offset === 0 ? { ...message, siblings } : message)));
}
