import { chatStates } from './chatStates.ts';
import type { ChatState } from './demoPage.ts';

/** What a person on the page can come upon, by the names of {@link chatStates}: these stand on sheets of their own, in every size and theme. */
const names = [
  ...['an unpaired page, with who can read along', 'a link that is none', 'a camera that may not be used', 'an address that is not secure'],
  ...['a link that was opened', 'a browser that keeps nothing', 'a computer that is looked for', 'a question at the computer'],
  ...['a pairing that was denied', 'a link that has expired', 'a link that was used', 'a question that nobody answered'],
  ...['a pairing whose computer is gone', 'a pairing that another computer answered'],
  ...['no chat yet', 'a chat with an answer of every kind of block', 'the list of chats', 'an answer that is being written'],
  ...['an answer that was stopped', 'an answer that broke off'],
  ...['a line that is made anew', 'no network, and a question that waits for it', 'a relay that cannot be reached'],
  ...[
    'a computer that is offline',
    'questions that wait for the computer',
    'a stop that waits for the computer',
    'Ollama: notRunning',
    'a computer that has paused it',
    'a browser that was removed',
  ],
  ...[
    'another computer in its place',
    'others in the same chat',
    'several computers',
    'a page that could be installed, and a newer version of it',
    'the first chat of a guest',
    'a computer that is about to be forgotten',
    'a sheet of settings',
  ],
];

/** @throws Error when one of them is no state */
export const pageStates: readonly ChatState[] = names.map((name) => {
  const state = chatStates.find((one) => one.name === name);
  if (!state) throw new Error(`no state: ${name}`);
  return state;
});
