/** A key event of this code belongs to an input method that is still composing (Safari sends it after `compositionend`). */
const IME_KEY_CODE = 229;

/** Enter that means something: without Shift, and not one that an input method takes. */
export function isPlainEnter(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign of an input method in some browsers
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== IME_KEY_CODE;
}

/** Enter that sends a message, with Control or Command where the person wants it so. */
export function isSendKey(event: KeyboardEvent): boolean {
  const wantsModifier = event.target instanceof Element && event.target.closest('[send-with=ctrlEnter]') !== null;
  return isPlainEnter(event) && (!wantsModifier || event.ctrlKey || event.metaKey);
}
