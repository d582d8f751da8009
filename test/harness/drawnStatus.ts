import type { Workbench } from './workbench.ts';

/** Our status bar item as the workbench has drawn it. */
export interface DrawnStatus {
  /** Names of codicons, `~spin` when it turns. */
  readonly icon: string;
  readonly text: string;
  readonly colour: 'none' | 'warning' | 'error';
  /** What a screen reader says. */
  readonly spoken: string;
  /** Whether the background was then the theme's own for that colour, and none without one. */
  readonly themed: boolean;
  /** Wall clock, ms. */
  readonly at: number;
}

declare global {
  interface Window {
    c2lDrawn?: DrawnStatus[];
  }
}

/** Watches our status bar item in one window of the workbench, from inside its page, so that no look comes late. */
export class StatusWatch {
  readonly #workbench: Workbench;

  private constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  static async start(workbench: Workbench): Promise<StatusWatch> {
    await workbench.statusBarItem().waitFor();
    await workbench.page.evaluate(watch);
    return new StatusWatch(workbench);
  }

  /** Everything drawn since the start, oldest first. */
  async drawn(): Promise<readonly DrawnStatus[]> {
    return await this.#workbench.page.evaluate(() => window.c2lDrawn ?? []);
  }

  /**
   * Resolves with the first drawing since `from` (wall clock, ms) that has all of `face`, or without `from` with what is drawn once it has.
   * @throws after `limitMs`, with what was drawn
   */
  async shows(face: Partial<DrawnStatus>, from?: number, limitMs = 20_000): Promise<DrawnStatus> {
    const end = Date.now() + limitMs;
    for (;;) {
      const drawn = await this.drawn();
      const candidates = from === undefined ? drawn.slice(-1) : drawn.filter(({ at }) => at >= from);
      const found = candidates.find((one) => Object.entries(face).every(([name, value]) => one[name as keyof DrawnStatus] === value));
      if (found) return found;
      if (Date.now() > end) throw new Error(`never drawn: ${JSON.stringify(face)}\n${drawn.map((one) => JSON.stringify(one)).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** Runs in the page. */
function watch(): void {
  const drawn: DrawnStatus[] = [];
  window.c2lDrawn = drawn;
  const look = (): void => {
    const item = document.querySelector<HTMLElement>('.statusbar-item[id*="cloudtolocalllm"]');
    const label = item?.querySelector<HTMLElement>('a');
    if (!item || !label) return;
    const icon = [...label.querySelectorAll('.codicon')]
      .map(({ classList }) => [...classList].map((name) => name.replace('codicon-modifier-', '~').replace(/^codicon-?/, '')).join(''))
      .join(' ');
    const colour = item.classList.contains('error-kind') ? 'error' : item.classList.contains('warning-kind') ? 'warning' : 'none';
    const face = {
      icon,
      text: label.textContent.replaceAll('\u00a0', ' ').trim(),
      colour,
      spoken: label.getAttribute('aria-label') ?? '',
    } as const;
    const last = drawn.at(-1);
    if (last && Object.entries(face).every(([name, value]) => last[name as keyof typeof face] === value)) return;
    const themed = document.createElement('i');
    themed.style.backgroundColor = colour === 'none' ? 'transparent' : `var(--vscode-statusBarItem-${colour}Background)`;
    document.querySelector('.monaco-workbench')?.append(themed);
    const backgroundOf = (element: Element): string => getComputedStyle(element).backgroundColor;
    drawn.push({ ...face, themed: backgroundOf(item) === backgroundOf(themed), at: Date.now() });
    themed.remove();
  };
  look();
  const bar = document.querySelector('.part.statusbar');
  if (bar) new MutationObserver(look).observe(bar, { subtree: true, childList: true, characterData: true, attributes: true });
}
