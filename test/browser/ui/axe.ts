import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What a theme can break: nothing else that axe looks at depends on colours. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Looks for faults of accessibility on a page: all that axe knows, the colours in every theme. */
export class Axe {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async on(page: Page): Promise<Axe> {
    await page.evaluate(axe.source);
    return new Axe(page);
  }

  /** Faults that are there in any colours. Which headings an answer has is the model's doing. */
  async faults(): Promise<string[]> {
    const headings = await this.#run({ runOnly: ['heading-order'] }, 'c2l-markdown');
    const rules = Object.fromEntries(['heading-order', ...OF_COLOURS].map((rule) => [rule, { enabled: false }]));
    return [...headings, ...(await this.#run({ rules }))];
  }

  async faultsOfColours(): Promise<string[]> {
    return this.#run({ runOnly: OF_COLOURS });
  }

  async #run(options: axe.RunOptions, exclude?: string): Promise<string[]> {
    const { violations } = await this.#page.evaluate(
      ([given, without]) =>
        (window as unknown as { axe: typeof axe }).axe.run(without === undefined ? document : { exclude: [[without]] }, {
          ...given,
          resultTypes: ['violations'],
        }),
      [options, exclude] as const,
    );
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`));
  }
}
