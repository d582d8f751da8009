/** Waits, in turns of the event loop, until `condition` holds. Fails after `timeoutMs`. */
export async function until(condition: () => boolean, timeoutMs = 4_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`the condition did not hold within ${String(timeoutMs)} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
