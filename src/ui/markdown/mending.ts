import type remend from 'remend';

const options = { linkMode: 'text-only', htmlTags: false, comparisonOperators: false, katex: false, singleTilde: false } as const;

let mender: typeof remend | undefined;

/** Resolves when half-written Markdown is completed from now on. It is no part of the first picture, so it comes behind it. */
export const mendingReady: Promise<void> = import('remend').then(
  (module) => {
    mender = module.default;
  },
  () => undefined, // the page is offline: what is half-written is shown as it is
);

/** Completes what a model has begun and not ended yet, such as a bold word. */
export function mend(text: string): string {
  return mender?.(text, options) ?? text;
}
