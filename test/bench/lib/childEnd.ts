/** Tells the parent. */
export function say(message: { readonly type: string; readonly [field: string]: unknown }): void {
  process.send?.(message);
}

/** Ends this process with the line to its parent, in good order, so that nothing is left and a profile is written. */
export function endWithParent(onEnd: () => void = () => undefined): void {
  process.once('disconnect', () => {
    onEnd();
    process.exit(0);
  });
}
