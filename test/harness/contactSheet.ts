import { mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { TestBrowser } from './chromium.ts';

export interface SheetPicture {
  /** A PNG file. */
  readonly file: string;
  readonly caption: string;
}

export interface SheetOptions {
  readonly title: string;
  readonly pictures: readonly SheetPicture[];
  /** Where the sheet goes, a PNG. */
  readonly output: string;
  /** Height of each picture on the sheet, px. Default 560. */
  readonly heightPx?: number;
  /** Width of the sheet, px. Default 1800. */
  readonly widthPx?: number;
}

/** Puts pictures with their captions on one sheet, in order, as many in a row as fit. */
export async function writeContactSheet({ title, pictures, output, heightPx = 560, widthPx = 1800 }: SheetOptions): Promise<void> {
  const browser = await TestBrowser.launch();
  try {
    const context = await browser.newContext({ viewport: { width: widthPx, height: 800 } });
    const page = await context.newPage();
    await page.setContent(sheetHtml(title, pictures, heightPx));
    await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    mkdirSync(dirname(output), { recursive: true });
    await page.screenshot({ path: output, fullPage: true });
  } finally {
    await browser.close();
  }
}

function sheetHtml(title: string, pictures: readonly SheetPicture[], heightPx: number): string {
  const figures = pictures.map(({ file, caption }) => {
    const data = readFileSync(file).toString('base64');
    return `<figure><img height="${String(heightPx)}" alt="" src="data:image/png;base64,${data}"><figcaption>${escape(caption)}</figcaption></figure>`;
  });
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>
    body { margin: 32px; background: #e9ebef; color: #1d2129; font: 15px system-ui, sans-serif; }
    h1 { margin: 0 0 20px; font-size: 24px; }
    main { display: flex; flex-wrap: wrap; gap: 24px; }
    figure { display: grid; grid-template-columns: min-content; margin: 0; }
    img { display: block; border: 1px solid #c4cad4; border-radius: 6px; background: #fff; }
    figcaption { margin-top: 6px; color: #4a5362; }
  </style><h1>${escape(title)}</h1><main>${figures.join('')}</main></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${String(char.charCodeAt(0))};`);
}

/** `node test/harness/contactSheet.ts OUTPUT TITLE PICTURE[=CAPTION]…` */
async function main([output, title, ...pictures]: readonly string[]): Promise<void> {
  if (output === undefined || title === undefined) throw new Error('usage: contactSheet.ts OUTPUT TITLE PICTURE[=CAPTION]…');
  await writeContactSheet({
    output,
    title,
    pictures: pictures.map((picture) => {
      const [file = '', caption = basename(file, '.png')] = picture.split('=');
      return { file, caption };
    }),
  });
}

if (import.meta.main) await main(process.argv.slice(2));
