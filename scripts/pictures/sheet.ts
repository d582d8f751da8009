import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { writeContactSheet, type SheetPicture } from '../../test/harness/contactSheet.ts';
import { root } from '../../test/harness/paths.ts';

const shots = join(root, '.run', 'pictures');
/** Where the sheets are kept. */
export const documents = join(root, 'docs', 'pictures');
mkdirSync(shots, { recursive: true });
mkdirSync(documents, { recursive: true });

/** Takes pictures for one sheet. */
export class Sheet {
  readonly pictures: SheetPicture[] = [];
  readonly #title: string;
  readonly #name: string;

  constructor(title: string, name: string) {
    this.#title = title;
    this.#name = name;
  }

  async take(page: Page, caption: string): Promise<string> {
    const file = join(shots, `${this.#name}-${String(this.pictures.length).padStart(2, '0')}.png`);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: file, animations: 'disabled' });
    this.pictures.push({ file, caption });
    return file;
  }

  async write(heightPx: number): Promise<void> {
    const output = join(documents, `${this.#name}.png`);
    await writeContactSheet({ title: this.#title, pictures: this.pictures, output, heightPx, widthPx: 2400 });
    process.stdout.write(`${output}: ${String(this.pictures.length)} pictures\n`);
  }
}
