import assert from 'node:assert/strict';
import { concatBytes, equalBytes, toBase64url, utf8 } from '../../src/base/bytes.ts';
import type { AnswerHead, Exchange, ExchangeHandlers } from '../../src/gateway/exchange.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import type { Refusal } from '../../src/gateway/refusal.ts';
import type { Mux } from '../../src/mux/mux.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import { HeadSplitter } from '../../src/protocol/headSplitter.ts';
import { decodeHttpRequestHead, encodeHttpHead, type HttpRequestHead, type HttpResponseHead } from '../../src/protocol/http.ts';
import { MAX_HTTP_HEAD_BYTES } from '../../src/protocol/limits.ts';
import { encodeStreamMessage } from '../../src/protocol/messageStream.ts';
import { deriveApiKey, formatApiKey, generateApiKey, type ApiKeySecrets } from '../../src/secure/apiKey.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import type { CircuitMatch } from '../../src/tunnel/circuitMatch.ts';
import type { ConnectionState } from '../../src/tunnel/connectionState.ts';
import { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MEMORY_RELAY_ORIGIN, MemoryNetwork } from '../fakes/memoryNetwork.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const text = new TextDecoder();

/** A request as a test makes it, and what it was answered. */
export class TestExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly address: string | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #body: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #handlers: ExchangeHandlers | undefined;
  /** How the answer ended. */
  outcome: 'whole' | 'cut' | undefined;
  head: AnswerHead | undefined;
  refusal: Refusal | undefined;
  resumed = 0;
  isTaking = true;

  constructor(options: {
    method?: string;
    target?: string;
    headers?: Readonly<Record<string, string>>;
    body?: string | Uint8Array;
    address?: string;
  }) {
    const { method = 'POST', target = '/api/chat', headers = {}, body = '{}', address } = options;
    this.method = method;
    this.target = target;
    this.address = address;
    this.#headers = headers;
    this.#body = typeof body === 'string' ? utf8(body) : body;
  }

  get body(): string {
    return text.decode(concatBytes(...this.#pieces));
  }

  /** Status of whatever was answered. */
  get status(): number | undefined {
    return this.refusal?.status ?? this.head?.status;
  }

  listen(handlers: ExchangeHandlers): void {
    this.#handlers = handlers;
    if (this.resumed > 0) this.#give();
  }

  header(name: string): string | undefined {
    return this.#headers[name];
  }

  resumeBody(): void {
    this.resumed++;
    if (this.resumed === 1 && this.#handlers) this.#give();
  }

  begin(head: AnswerHead): void {
    assert.ok(!this.status && !this.outcome);
    this.head = head;
  }

  write(bytes: Uint8Array): boolean {
    assert.ok(this.head && !this.outcome);
    this.#pieces.push(bytes);
    return this.isTaking;
  }

  end(): void {
    assert.ok(this.head && !this.outcome);
    this.outcome = 'whole';
  }

  refuse(refusal: Refusal): void {
    assert.ok(!this.status && !this.outcome);
    this.refusal = refusal;
  }

  cut(): void {
    assert.ok(this.head && !this.outcome);
    this.outcome = 'cut';
  }

  /** There is room again. */
  drain(): void {
    this.#handlers?.onWritable();
  }

  /** Who asked goes away. */
  leave(): void {
    this.#handlers?.onClosed();
  }

  #give(): void {
    this.#handlers?.onBody(this.#body);
    this.#handlers?.onBodyEnd();
  }
}

/** The device's end of one request. */
export class AskedDevice {
  readonly stream: MuxStream;
  head: HttpRequestHead | undefined;
  readonly #pieces: Uint8Array[] = [];
  readonly #splitter = new HeadSplitter(MAX_HTTP_HEAD_BYTES);

  constructor(stream: MuxStream) {
    this.stream = stream;
    stream.onReadable(() => {
      for (let piece = stream.read(); piece; piece = stream.read()) this.#take(piece);
    });
  }

  get body(): string {
    return text.decode(concatBytes(...this.#pieces));
  }

  answer(head: HttpResponseHead, body?: string): this {
    this.stream.write(encodeStreamMessage(encodeHttpHead(head)));
    if (body !== undefined) this.stream.write(utf8(body));
    return this;
  }

  #take(piece: Uint8Array): void {
    if (this.head) {
      this.#pieces.push(piece);
      return;
    }
    const split = this.#splitter.push(piece);
    if (!split) return;
    this.head = decodeHttpRequestHead(split.head);
    if (split.rest.length > 0) this.#pieces.push(split.rest);
  }
}

/** A gateway, a relay and a device that knows some API keys, all in memory. */
export class GatewayWorld {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(3);
  readonly network = new MemoryNetwork(this.clock, this.random, nodeCrypto);
  readonly identity = nodeCrypto.importKey(this.random.bytes(32));
  readonly asked: AskedDevice[] = [];
  readonly muxes: Mux[] = [];
  readonly states: ConnectionState[] = [];
  /** Dials that reached the relay, as client. */
  dials = 0;
  readonly gateway: Gateway;
  device: DeviceTunnel;
  lastWord: 'revoked' | 'paused' | undefined;
  readonly #keys = new Map<string, ApiKeySecrets>();
  #epoch = 0;

  constructor(options: { readonly knowsPresence?: boolean; readonly idleMs?: number; readonly ownKey?: boolean } = {}) {
    const { knowsPresence = false, idleMs = 60_000, ownKey = false } = options;
    this.device = this.#makeDevice();
    this.gateway = new Gateway({
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      dial: (url, handlers) => {
        this.dials++;
        return this.network.dial(url, handlers);
      },
      origin: MEMORY_RELAY_ORIGIN,
      idleMs,
      onState: (state) => this.states.push(state),
      ...(ownKey ? { key: this.newKey() } : {}),
      ...(knowsPresence
        ? {
            presence: ({ deviceKey, dialHash }) => {
              assert.ok(this.network.relay);
              return this.network.relay.lookUp(deviceKey, toBase64url(dialHash));
            },
          }
        : {}),
    });
  }

  /** A key that the device knows, from its next TOKENS on. */
  newKey(): string {
    const key = generateApiKey(this.random, this.identity.publicKey);
    this.#keys.set(formatApiKey(key), deriveApiKey(nodeCrypto, key.secret));
    return formatApiKey(key);
  }

  /** A key of this device's form that it does not know. */
  strangeKey(): string {
    return formatApiKey(generateApiKey(this.random, this.identity.publicKey));
  }

  async connectDevice(): Promise<void> {
    this.device.supervisor.start();
    await this.clock.advance(50);
  }

  restartDevice(): void {
    this.device.dispose();
    this.device = this.#makeDevice();
    this.device.supervisor.start();
  }

  /** Asks, and lets what can happen now happen. */
  async ask(key: string | undefined, options: ConstructorParameters<typeof TestExchange>[0] = {}): Promise<TestExchange> {
    const exchange = this.begin(key, options);
    await this.clock.advance(20);
    return exchange;
  }

  begin(key: string | undefined, options: ConstructorParameters<typeof TestExchange>[0] = {}): TestExchange {
    const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...options.headers };
    const exchange = new TestExchange({ ...options, headers });
    exchange.listen(this.gateway.handle(exchange));
    return exchange;
  }

  get lastAsked(): AskedDevice {
    const last = this.asked.at(-1);
    assert.ok(last, 'the device was not asked');
    return last;
  }

  dispose(): void {
    this.gateway.dispose();
    this.device.dispose();
    this.network.dispose();
    assert.equal(this.clock.pendingTimers, 0);
  }

  #makeDevice(): DeviceTunnel {
    return new DeviceTunnel({
      dial: this.network.dial,
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      identity: this.identity,
      epoch: ++this.#epoch,
      instance: this.random.bytes(16),
      relay: () => ({ origin: MEMORY_RELAY_ORIGIN }),
      hashes: () => [...this.#keys.values()].map(({ dialHash }) => dialHash),
      match: (hash) => this.#match(hash),
      onMux: (_clientId, mux) => {
        this.muxes.push(mux);
        mux.onStream((stream) => this.asked.push(new AskedDevice(stream)));
      },
    });
  }

  #match(hash: Uint8Array): CircuitMatch | undefined {
    const secrets = [...this.#keys.values()].find(({ dialHash }) => equalBytes(dialHash, hash));
    if (!secrets) return undefined;
    const { psk, staticKey } = secrets;
    return {
      purpose: 'session',
      psk,
      clientId: toBase64url(staticKey.publicKey),
      accepts: (key) => equalBytes(key, staticKey.publicKey),
      ...(this.lastWord ? { lastWord: this.lastWord } : {}),
      onAuthenticated: () => undefined,
    };
  }
}
