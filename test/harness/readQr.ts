import jsQr from 'jsqr';
import type { Page } from 'playwright-core';

/** What the QR code in a picture says. @param page any page: it decodes the picture. @throws Error when there is none */
export async function readQr(page: Page, png: Buffer): Promise<string> {
  const { data, width, height } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { data: [...image.data], width: image.width, height: image.height };
  }, png.toString('base64'));
  const code = (jsQr as unknown as typeof jsQr.default)(Uint8ClampedArray.from(data), width, height);
  if (!code) throw new Error('no QR code in the picture');
  return code.data;
}
