import type { Clock } from '../base/clock.ts';

/** How long a browser may take to begin to read what was given to it. */
const READ_WITHIN_MS = 60_000;

/** Hands a file to the browser to keep, as a download. */
export function downloadFile(name: string, type: string, bytes: Uint8Array, clock: Clock): void {
  const url = URL.createObjectURL(new Blob([bytes.slice()], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  clock.after(READ_WITHIN_MS, () => {
    URL.revokeObjectURL(url);
  });
}
