import type { DemoPage } from './demoPage.ts';

/** More stops than any state has. */
const MAX_STOPS = 120;

export interface Walk {
  /** Controls on the screen that no key leads to. */
  readonly missed: readonly string[];
  /** Controls that do not show that they have the focus. */
  readonly unseen: readonly string[];
  readonly reached: number;
}

/** Goes through all stops of the Tab key, along every toolbar, and up the feed, and compares with what is on the screen. */
export async function walk({ page }: DemoPage): Promise<Walk> {
  const look = (): Promise<{
    readonly key: string;
    readonly bar: boolean;
    readonly article: boolean;
    readonly unseen: boolean;
    readonly name: string;
  }> =>
    page.evaluate(() => {
      const at = document.activeElement;
      if (!(at instanceof HTMLElement) || at === document.body) return { key: '', bar: false, article: false, unseen: false, name: '' };
      const keys = ((window as { keys?: WeakMap<Element, string> }).keys ??= new WeakMap());
      const key = keys.get(at) ?? `k${String(Math.random())}`;
      keys.set(at, key);
      at.setAttribute('data-reached', '');
      const shown = (element: Element): boolean => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
      };
      // Boxes of fields show the focus of what is in them.
      const box = at.matches('textarea, input') ? at.closest('form, .search, .picker-list') : null;
      const name = at.getAttribute('aria-label') ?? at.innerText.trim().slice(0, 40);
      // A list shows which of its options the keyboard is on.
      const isList = at.querySelector('[role=option].active') !== null;
      const unseen = !isList && !shown(at) && !(box !== null && shown(box));
      return { key, bar: at.closest('[role=toolbar]') !== null, article: at.matches('[role=article]'), unseen, name };
    });
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
  });
  const seen = new Set<string>();
  const unseen = new Set<string>();
  const note = async (): Promise<{ readonly isNew: boolean; readonly bar: boolean; readonly article: boolean; readonly key: string }> => {
    const at = await look();
    const isNew = at.key !== '' && !seen.has(at.key);
    if (isNew) seen.add(at.key);
    if (at.unseen) unseen.add(at.name);
    return { ...at, isNew };
  };
  let outside = 0;
  for (let left = MAX_STOPS; left > 0 && outside < 2; left--) {
    await page.keyboard.press('Tab');
    const at = await note();
    if (at.key === '') outside += 1;
    if (!at.isNew) continue;
    if (at.bar) {
      do await page.keyboard.press('ArrowRight');
      while ((await note()).isNew);
      await page.keyboard.press('Home');
    }
    if (at.article) {
      do await page.keyboard.press('PageUp');
      while ((await note()).isNew);
    }
  }
  const missed = await page.evaluate(() => {
    const modal = [...document.querySelectorAll('dialog[open]')].at(-1);
    const controls = (modal ?? document).querySelectorAll('button, a, input, textarea, summary, [role=article], [tabindex="0"]');
    return [...controls]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled, [data-reached]'))
      .map((element) => `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40)}`);
  });
  return { missed, unseen: [...unseen], reached: seen.size };
}
