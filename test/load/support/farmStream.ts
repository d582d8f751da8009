import type { ClientTunnel } from '../../../src/tunnel/clientTunnel.ts';
import type { MuxStream } from '../../../src/mux/muxStream.ts';
import { machineMs, STAMP_BYTES, type FarmRequest } from './farm.ts';

/** A stream that a client of the farm reads as fast as it comes. */
export class FarmStream {
  readonly #stream: MuxStream;
  bytes = 0;
  /** Of a paced stream: from the sender's write to here, ms. */
  readonly latencies: number[] = [];

  constructor(client: ClientTunnel, request: FarmRequest) {
    this.#stream = client.mux.openStream('http');
    this.#stream.onReadable(() => {
      for (let piece = this.#stream.read(); piece; piece = this.#stream.read()) {
        this.bytes += piece.length;
        if (request.kind === 'paced') this.#measure(piece);
      }
    });
    this.#stream.write(new TextEncoder().encode(JSON.stringify(request)));
    this.#stream.end();
  }

  /** Both directions have ended and been confirmed. */
  get isOver(): boolean {
    return this.#stream.outcome !== undefined;
  }

  stop(): void {
    this.#stream.stop();
  }

  /** Stamps never straddle pieces: each is written whole, and far smaller than a frame. */
  #measure(piece: Uint8Array): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    const now = machineMs();
    for (let at = 0; at + STAMP_BYTES <= piece.length; at += STAMP_BYTES) this.latencies.push(now - view.getFloat64(at));
  }
}

/** The value below which the given part of the samples lies. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
