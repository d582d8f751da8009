/** Keeps one button of a toolbar within reach of the Tab key: the one that had the focus last, else the first. */
export function keepOneStop(toolbar: Element): void {
  const buttons = buttonsOf(toolbar);
  const stop = buttons.find((button) => button === document.activeElement) ?? buttons.find(({ tabIndex }) => tabIndex === 0) ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
}

/** Moves between the buttons of the toolbar that the key was pressed in. */
export function moveInToolbar(event: KeyboardEvent): void {
  const { currentTarget: toolbar } = event;
  if (!(toolbar instanceof Element)) return;
  const buttons = buttonsOf(toolbar);
  const at = buttons.findIndex((button) => button === document.activeElement);
  const last = buttons.length - 1;
  const moves: Record<string, number> = { ArrowRight: Math.min(last, at + 1), ArrowLeft: Math.max(0, at - 1), Home: 0, End: last };
  const next = buttons[moves[event.key] ?? -1];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
  keepOneStop(toolbar);
}

/** A button at its end stays in the row, so that the focus is not lost when it gets there. */
function buttonsOf(toolbar: Element): HTMLButtonElement[] {
  return [...toolbar.querySelectorAll('button')].filter(({ disabled }) => !disabled);
}
