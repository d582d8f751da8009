import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { LINK_SUBPROTOCOL, PRODUCT_VERSION } from '../../protocol/versions.ts';

/** How many events a probe has, and how far apart: long enough to see whether one comes before the next is sent. */
export const STREAM_PROBE = { events: 4, everyMs: 250 } as const;
/** At once, of everybody: one is a check by hand, and costs a timer. One more is told to come again. */
const MAX_PROBES = 32;

/**
 * A short stream, with the very headers of the gateway's: by it `relay check` sees whether a proxy holds streams back. Its first event
 * tells what speaks here.
 */
export class StreamProbe {
  readonly #clock: Pick<Clock, 'after'>;
  #open = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Undefined when too many are under way. */
  answer(): Response | undefined {
    if (this.#open >= MAX_PROBES) return undefined;
    this.#open++;
    let next: Disposable | undefined;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      this.#open--;
      next?.dispose();
    };
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        const say = (event: number): void => {
          const what = event === 0 ? { relay: PRODUCT_VERSION, links: LINK_SUBPROTOCOL } : { event };
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(what)}\n\n`));
          if (event < STREAM_PROBE.events - 1) {
            next = this.#clock.after(STREAM_PROBE.everyMs, () => {
              say(event + 1);
            });
            return;
          }
          end();
          controller.close();
        };
        say(0);
      },
      cancel: end,
    });
    return new Response(body, {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
      },
    });
  }
}
