import type { connect, Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Clock } from '../../../base/clock.ts';
import { toDisposable, type Disposable } from '../../../base/disposable.ts';
import type { Logger } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { MAX_LINK_MESSAGE_BYTES } from '../../../protocol/limits.ts';
import { BUS_HEADER_BYTES } from '../../cluster/busFrames.ts';
import type { ClusterLine, LineMessage } from '../../cluster/clusterLine.ts';
import { natsPlace, type NatsServer } from './natsAddress.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** A server that does not answer two of these is gone. */
const PING_INTERVAL_MS = 5_000;
/** Between two tries, a random part of it at least. */
const RETRY_MS = 1_000;
/** A server that goes is left within this time, each line at its own. */
const MOVE_SPREAD_MS = 500;
/** What was under way on the old connection when the new one was taken. */
const OLD_CONNECTION_MS = 500;
/** At the end: time for what was said last. */
const FLUSH_MS = 300;

/** What a server must let through in one message. */
export const NEEDED_PAYLOAD_BYTES = MAX_LINK_MESSAGE_BYTES + BUS_HEADER_BYTES + 4;

export interface NatsLineOptions {
  readonly connect: typeof connect;
  readonly servers: readonly NatsServer[];
  /** As the server's monitoring shows it. */
  readonly name: string;
  /** For the log: which of a node's lines this is. */
  readonly line: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Why a server will not do; trying again does not help. */
export class NatsRefusal extends Error {
  override readonly name = 'NatsRefusal';
}

interface Heard {
  readonly subject: string;
  readonly heard: (message: LineMessage) => void;
  inner: Subscription | undefined;
}

/**
 * One connection to NATS that heals by itself. A server that says that it goes (lame duck) is left for another one before it has gone, if there is
 * another: the new connection is in force before the old one ends.
 */
export class NatsLine implements ClusterLine {
  readonly #options: NatsLineOptions;
  readonly #heard = new Set<Heard>();
  readonly #listeners = new Set<(isUp: boolean) => void>();
  #current: { readonly connection: NatsConnection; readonly server: NatsServer } | undefined;
  #lastServer = -1;
  #retry: Disposable | undefined;
  #isDisposed = false;
  #ended: Promise<void> = Promise.resolve();

  private constructor(options: NatsLineOptions) {
    this.#options = options;
  }

  /**
   * Tries each server once, and goes on trying when none can be reached.
   * @throws NatsRefusal when one will not have us, or cannot carry what we say
   */
  static async start(options: NatsLineOptions): Promise<NatsLine> {
    const line = new NatsLine(options);
    if (!(await line.#tryAll())) line.#retryLater();
    return line;
  }

  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when the connection has ended after `dispose`. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  publish(subject: string, data: Uint8Array, reply?: string): void {
    try {
      this.#current?.connection.publish(subject, data, reply === undefined ? undefined : { reply });
    } catch {
      // It has just ended, which is told in a turn of its own: what is said meanwhile is dropped, as while it is down.
    }
  }

  subscribe(subject: string, heard: (message: LineMessage) => void): Disposable {
    const entry: Heard = { subject, heard, inner: undefined };
    this.#heard.add(entry);
    const connection = this.#current?.connection;
    if (connection?.isClosed() === false) entry.inner = hearOn(connection, entry);
    return toDisposable(() => {
      this.#heard.delete(entry);
      entry.inner?.unsubscribe();
    });
  }

  onChange(listener: (isUp: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return toDisposable(() => this.#listeners.delete(listener));
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#retry?.dispose();
    const connection = this.#current?.connection;
    this.#current = undefined;
    this.#listeners.clear();
    if (connection) this.#ended = this.#end(connection);
  }

  async #tryAll(except?: NatsServer): Promise<boolean> {
    const { servers } = this.#options;
    for (let tried = 0; tried < servers.length && !this.#isDisposed; tried++) {
      this.#lastServer = (this.#lastServer + 1) % servers.length;
      const server = servers[this.#lastServer];
      if (!server || server === except) continue;
      if (await this.#try(server)) return true;
    }
    return false;
  }

  async #try(server: NatsServer): Promise<boolean> {
    const { log, line } = this.#options;
    const nats = natsPlace(server);
    const made = new Map<Heard, Subscription>();
    let connection: NatsConnection | undefined;
    try {
      connection = await this.#connect(server);
      // All that is heard must be in force before anybody relies on it.
      for (const entry of this.#heard) made.set(entry, hearOn(connection, entry));
      await connection.flush();
    } catch (error) {
      void connection?.close();
      if (error instanceof NatsRefusal) throw error;
      log.debug('no NATS server there', { nats, line, error: error instanceof Error ? error.name : typeof error });
      return false;
    }
    if (this.#isDisposed) {
      void connection.close();
      return false;
    }
    for (const entry of this.#heard) entry.inner = made.get(entry) ?? hearOn(connection, entry);
    for (const [entry, inner] of made) if (!this.#heard.has(entry)) inner.unsubscribe();
    this.#adopt(connection, server);
    return true;
  }

  async #connect(server: NatsServer): Promise<NatsConnection> {
    const { connect, name } = this.#options;
    const { host, port, tls, user, pass, token } = server;
    const connection = await connect({
      servers: `${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
      ...(user === undefined ? {} : { user, pass: pass ?? '' }),
      ...(token === undefined ? {} : { token }),
      ...(tls ? { tls: {} } : {}),
      name,
      noEcho: true,
      // It would keep what is said meanwhile without a bound, and say it later, when it is wrong.
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      noAsyncTraces: true,
    }).catch((error: unknown) => {
      if (isRefusal(error)) throw new NatsRefusal('The NATS server does not let this relay in', { cause: error });
      throw error;
    });
    const { max_payload: maxPayload = 0 } = connection.info ?? {};
    if (maxPayload >= NEEDED_PAYLOAD_BYTES) return connection;
    await connection.close();
    throw new NatsRefusal(
      `The NATS server takes messages of ${String(maxPayload)} bytes, and records need ${String(NEEDED_PAYLOAD_BYTES)}`,
    );
  }

  #adopt(connection: NatsConnection, server: NatsServer): void {
    const { log, line } = this.#options;
    const wasUp = this.isUp;
    this.#current = { connection, server };
    log.info(wasUp ? 'moved to another NATS server' : 'NATS reached', { nats: natsPlace(server), line });
    void this.#watch(connection, server);
    void connection.closed().then(() => {
      if (this.#current?.connection !== connection) return;
      this.#current = undefined;
      log.warn('NATS lost: clients and devices at different nodes do not find each other until it is back', {
        nats: natsPlace(server),
        line,
      });
      this.#tell(false);
      this.#reconnect();
    });
    if (!wasUp) this.#tell(true);
  }

  async #watch(connection: NatsConnection, server: NatsServer): Promise<void> {
    const { log, line, clock, random } = this.#options;
    for await (const status of connection.status()) {
      if (status.type === 'error') log.warn('NATS refuses something', { nats: natsPlace(server), line, error: status.error.name });
      if (status.type !== 'ldm') continue;
      log.info('a NATS server goes', { nats: natsPlace(server), line });
      await new Promise<void>((resolve) => clock.after(random.float() * MOVE_SPREAD_MS, resolve));
      if (this.#current?.connection === connection) await this.#move(connection, server);
    }
  }

  async #move(old: NatsConnection, from: NatsServer): Promise<void> {
    const hasMoved = await this.#tryAll(from).catch(() => false);
    if (!hasMoved) return; // it stays until the server has gone
    this.#options.clock.after(OLD_CONNECTION_MS, () => {
      void old.close();
    });
  }

  #reconnect(): void {
    if (this.#isDisposed || this.isUp) return;
    this.#tryAll().then(
      (isUp) => {
        if (!isUp) this.#retryLater();
      },
      (error: unknown) => {
        this.#options.log.error('NATS refuses this relay', {
          line: this.#options.line,
          error: error instanceof Error ? error.message : '',
        });
        this.#retryLater();
      },
    );
  }

  #retryLater(): void {
    if (this.#isDisposed) return;
    const { clock, random } = this.#options;
    this.#retry = clock.after((0.25 + 0.75 * random.float()) * RETRY_MS, () => {
      this.#reconnect();
    });
  }

  #tell(isUp: boolean): void {
    for (const listener of [...this.#listeners]) listener(isUp);
  }

  async #end(connection: NatsConnection): Promise<void> {
    const { clock } = this.#options;
    let due: Disposable | undefined;
    const late = new Promise<void>((resolve) => {
      due = clock.after(FLUSH_MS, resolve);
    });
    await Promise.race([connection.flush().catch(() => undefined), late]);
    due?.dispose();
    await connection.close();
  }
}

function hearOn(connection: NatsConnection, { subject: wanted, heard }: Heard): Subscription {
  return connection.subscribe(wanted, {
    callback: (error: Error | null, message: Msg) => {
      if (error) return; // the status says it
      const { subject, reply } = message;
      const { buffer, byteOffset, length } = message.data;
      const data = new Uint8Array(buffer, byteOffset, length); // a Buffer's slice would be no copy
      heard({ subject, data, reply: reply === '' ? undefined : reply, isNobody: isNobody(message) });
    },
  });
}

function isNobody({ data, headers }: Msg): boolean {
  return data.length === 0 && headers?.code === 503;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(Authorization|UserAuthenticationExpired)Error$/.test(error.name);
}
