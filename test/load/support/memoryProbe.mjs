// Preloaded into a process under load (--expose-gc --import): tells its memory and its time on the processor when asked over IPC.
process.on('message', (question) => {
  if (question !== 'memory') return;
  // Twice: what the first collection sets free through finalizers goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({ rss, heapUsed, external, arrayBuffers, cpuMs: (user + system) / 1000 });
});
process.channel?.unref();
