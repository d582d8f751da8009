const [seconds, nanoseconds] = process.hrtime();
const offsetUs = seconds * 1e6 + nanoseconds / 1e3 - performance.now() * 1e3;

/** Microseconds of the machine's monotonic clock: the same in every process, so that a stamp of one can be read by another. */
export function nowUs(): number {
  return performance.now() * 1e3 + offsetUs;
}
