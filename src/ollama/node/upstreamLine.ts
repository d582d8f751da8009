import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isLoopbackAddress, type OllamaAddress } from '../host.ts';

/** What is read in one go. */
const READ_BYTES = 64 * 1024;

/** The request that is on a line, as the line sees it. */
export interface LineUser {
  onConnected(): void;
  /** @param bytes the line reads into them again: what is kept of them must be copied */
  onBytes(bytes: Uint8Array): void;
  /** The other side has said all it will say. */
  onEnd(): void;
  onError(error: NodeJS.ErrnoException): void;
  /** The socket is closed, for whatever reason. */
  onClose(): void;
}

/**
 * A connection to Ollama: no proxy of the environment, no redirect, one request at a time. Between two requests nothing may happen on it:
 * whatever does closes it.
 */
export class UpstreamLine {
  readonly address: OllamaAddress;
  /** Its closing while nobody uses it. */
  onGone: (() => void) | undefined;
  readonly #socket: Socket;
  #user: LineUser | undefined;
  #isConnected = false;
  #isPaused = false;

  constructor(address: OllamaAddress) {
    this.address = address;
    const where = { host: address.host, port: address.port, noDelay: true };
    if (address.scheme === 'https') {
      this.#socket = connectTls({ ...where, servername: serverName(address.host) });
      this.#socket.on('data', (bytes: Uint8Array) => {
        this.#take(bytes);
      });
    } else {
      const onread = { buffer: new Uint8Array(READ_BYTES), callback: this.#onRead };
      this.#socket = connectTcp({ ...where, onread });
    }
    this.#socket.once(address.scheme === 'https' ? 'secureConnect' : 'connect', () => {
      this.#isConnected = true;
      this.#user?.onConnected();
    });
    this.#socket.once('end', () => {
      if (this.#user) this.#user.onEnd();
      else this.destroy();
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#user?.onError(error));
    this.#socket.once('close', () => {
      if (this.#user) this.#user.onClose();
      else this.onGone?.();
    });
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * May it wait for another request, now that an answer was whole? Only on this machine, where a connection does not die unseen, and only
   * when the other side has had all that was written.
   */
  get isFitToKeep(): boolean {
    const { writable, writableLength, readableEnded } = this.#socket;
    return this.#isConnected && writable && writableLength === 0 && !readableEnded && mayKeepLines(this.address);
  }

  /** From now on `user` hears of it. */
  attach(user: LineUser): void {
    this.#user = user;
  }

  /** Nobody's until the next {@link attach}. */
  detach(): void {
    this.#user = undefined;
    this.resume(); // or it would not hear the other side close
  }

  write(head: Uint8Array, body: Uint8Array | undefined): void {
    this.#socket.cork();
    this.#socket.write(head);
    if (body) this.#socket.write(body);
    this.#socket.uncork();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Into the one buffer of this connection: a new one for each read costs a sixth of a token's CPU more. */
  readonly #onRead = (count: number, buffer: Uint8Array): boolean => {
    this.#take(new Uint8Array(buffer.buffer, buffer.byteOffset, count));
    return true; // a pause has stopped the reading by itself
  };

  #take(bytes: Uint8Array): void {
    if (this.#user) this.#user.onBytes(bytes);
    else this.destroy(); // nobody has asked for them
  }
}

/** May a connection to this address serve several requests? */
export function mayKeepLines(address: OllamaAddress): boolean {
  return isLoopbackAddress(address);
}

/** A name for TLS; an address is none (RFC 6066, section 3). */
function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
