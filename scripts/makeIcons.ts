// node scripts/makeIcons.ts: draws the PNG icons of the page from its SVG. Run it when the mark changes; the results are in git.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestBrowser } from '../test/harness/chromium.ts';
import { root } from '../test/harness/paths.ts';

const folder = join(root, 'src/web/public');
const mark = readFileSync(join(folder, 'icon.svg'), 'utf8');
/** A maskable icon fills its square; whoever shows it cuts the corners. */
const square = mark.replace('rx="112"', '');

const icons = [
  { file: 'icon-192.png', size: 192, svg: mark },
  { file: 'icon-512.png', size: 512, svg: mark },
  { file: 'icon-maskable-512.png', size: 512, svg: square },
];

const browser = await TestBrowser.launch();
try {
  for (const { file, size, svg } of icons) {
    const context = await browser.newContext({ viewport: { width: size, height: size } });
    const page = await context.newPage();
    await page.setContent(`<style>body { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>${svg}`);
    writeFileSync(join(folder, file), await page.screenshot({ omitBackground: true }));
    await context.close();
  }
} finally {
  await browser.close();
}
