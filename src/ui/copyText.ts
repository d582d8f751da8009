import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { say } from './speech.ts';

/** Control and direction-changing characters, but for tab and line end: pasted into a terminal they could do harm or deceive. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** How long a button says that it has copied, ms. */
const COPIED_MS = 1500;

/** Text of an answer as it may be put on the clipboard. */
export function cleanForClipboard(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(harmful, '');
}

/** @returns whether the browser allowed it */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(cleanForClipboard(text));
    return true;
  } catch {
    return false;
  }
}

/** Says on the button for a moment how the copying went. Disposing the result gives the button its own word back. */
export function showCopied(button: HTMLButtonElement, isCopied: boolean, clock: Clock): Disposable {
  button.textContent = isCopied ? say('Copied') : say('Not allowed');
  const restore = (): void => {
    button.textContent = say('Copy');
  };
  const timer = clock.after(COPIED_MS, restore);
  return {
    dispose() {
      timer.dispose();
      restore();
    },
  };
}
