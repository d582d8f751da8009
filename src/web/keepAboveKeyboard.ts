import { toDisposable, type Disposable } from '../base/disposable.ts';

/** Keeps the page in the part of the window that the keyboard of a phone leaves free, where the browser does not do so itself. */
export function keepAboveKeyboard(window: Window): Disposable {
  const viewport = window.visualViewport;
  const { style } = window.document.documentElement;
  if (!viewport) return toDisposable(() => undefined);
  const fit = (): void => {
    const isCovered = viewport.scale === 1 && viewport.height < window.innerHeight - 1;
    if (isCovered) style.setProperty('--c2l-visible-height', `${String(viewport.height)}px`);
    else style.removeProperty('--c2l-visible-height');
  };
  viewport.addEventListener('resize', fit);
  return toDisposable(() => {
    viewport.removeEventListener('resize', fit);
  });
}
