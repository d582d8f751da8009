import { utf8 } from '../../../src/base/bytes.ts';
import { openHttpCall } from '../../../src/gateway/httpCall.ts';
import { MAX_CIRCUITS_PER_HASH, MAX_STREAMS } from '../../../src/protocol/limits.ts';
import type { Pairing } from '../../../src/tunnel/clientTunnel.ts';
import { chatBody } from './httpTransport.ts';
import { Tab } from './pairedClient.ts';
import type { AnswerSink, Question, Transport } from './transport.ts';

/** One circuit of a pairing stays free for a tab that is made for one answer. */
const TABS_PER_BROWSER = MAX_CIRCUITS_PER_HASH - 1;

/**
 * What a page does: the product's own tunnel over a WebSocket, answers on `http` streams. A mux carries 32 streams and a pairing eight
 * circuits, so many streams are many tabs, and more than eight tabs are several browsers.
 */
export class PageTransport implements Transport {
  readonly #pairing: () => Promise<Pairing>;
  readonly #pairings: Pairing[] = [];
  readonly #tabs: Tab[] = [];

  /** @param pairing makes one more */
  constructor(pairing: () => Promise<Pairing>) {
    this.#pairing = pairing;
  }

  async prepare(streams: number): Promise<void> {
    const tabs = Math.max(1, Math.ceil(streams / MAX_STREAMS));
    while (this.#tabs.length < tabs) {
      const browser = Math.floor(this.#tabs.length / TABS_PER_BROWSER);
      this.#pairings[browser] ??= await this.#pairing();
      const tab = new Tab(this.#pairings[browser]);
      this.#tabs.push(tab);
      await tab.tunnel.supervisor.connect();
    }
  }

  ask(prompt: string, sink: AnswerSink, { cold, index }: { readonly cold: boolean; readonly index: number }): Question {
    const tab = cold ? this.#newTab() : this.#tabs[Math.floor(index / MAX_STREAMS)];
    if (!tab) throw new Error('prepare first');
    const body = utf8(chatBody(prompt));
    const head = { method: 'POST', path: '/api/chat', contentType: 'application/json', contentLength: body.length } as const;
    let refusal: string | undefined;
    const finish = (error: string | undefined): void => {
      sink.onEnd(error ?? refusal, false);
      if (cold)
        queueMicrotask(() => {
          tab.tunnel.dispose();
        });
    };
    const call = openHttpCall(tab.tunnel.mux, head, {
      onHead: ({ status }) => {
        if (status !== 200) refusal = `answered ${String(status)} `;
      },
      onBody: (bytes) => {
        if (refusal === undefined) sink.onBytes(bytes);
        else refusal += Buffer.from(bytes).toString().slice(0, 200);
        return true;
      },
      onEnd: () => {
        finish(undefined);
      },
      onFailed: finish,
    });
    call.write(body);
    call.end();
    return {
      setReading: (reading) => {
        tab.setReading(reading);
      },
      abort: () => {
        call.abort();
      },
    };
  }

  dispose(): void {
    for (const { tunnel } of this.#tabs) tunnel.dispose();
  }

  #newTab(): Tab {
    const [pairing] = this.#pairings;
    if (!pairing) throw new Error('prepare first');
    const tab = new Tab(pairing);
    tab.tunnel.supervisor.start();
    return tab;
  }
}
