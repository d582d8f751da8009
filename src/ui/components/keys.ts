/** A key event of this code belongs to an input method that is still composing (Safari sends it after `compositionend`). */
const IME_KEY_CODE = 229;

/** Enter that sends: without Shift, and not one that an input method takes. */
export function isPlainEnter(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign of an input method in some browsers
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== IME_KEY_CODE;
}
