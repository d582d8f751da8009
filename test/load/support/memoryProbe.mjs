// Preloaded into a process under load (--expose-gc --import): tells its memory, what it holds open and its time on the processor when asked over IPC.
import { readdirSync } from 'node:fs';

process.on('message', (question) => {
  if (question !== 'memory') return;
  // Twice: what the first collection sets free through finalizers goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const resources = process.getActiveResourcesInfo().sort();
  process.send?.({ rss, heapUsed, external, arrayBuffers, cpuMs: (user + system) / 1000, handles: openHandles(), resources });
});
process.channel?.unref();

/** Linux alone; less the one that reads the list. */
function openHandles() {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return 0;
  }
}
