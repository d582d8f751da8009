import { writeFileSync } from 'node:fs';
import { encode } from 'uqr';

const [WIDTH, HEIGHT] = [640, 480];
/** Frames of each picture, at ten a second. */
const FRAMES = 12;

/** A film (YUV4MPEG2) for Chromium's fake camera that shows each text as a QR code for a while, again and again. */
export function writeFilm(file: string, texts: readonly string[]): void {
  const frame = (text: string): Buffer => Buffer.concat([Buffer.from('FRAME\n'), picture(text), Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  const frames = texts.flatMap((text) => Array.from({ length: FRAMES }, () => frame(text)));
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${String(WIDTH)} H${String(HEIGHT)} F10:1 Ip A1:1 C420jpeg\n`), ...frames]));
}

/** Its brightness, dark on light, in the middle. */
function picture(text: string): Buffer {
  const { data, size } = encode(text, { border: 4 });
  const scale = Math.floor((HEIGHT * 0.8) / size);
  const [left, top] = [WIDTH, HEIGHT].map((side) => Math.floor((side - size * scale) / 2)) as [number, number];
  const luma = Buffer.alloc(WIDTH * HEIGHT, 200);
  for (let y = 0; y < size * scale; y++)
    for (let x = 0; x < size * scale; x++)
      luma[(top + y) * WIDTH + left + x] = data[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true ? 30 : 220;
  return luma;
}
