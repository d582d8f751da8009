import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { ByteWriter } from '../base/byteWriter.ts';
import type { Random } from '../base/random.ts';
import type { Hello, Mux } from '../mux/mux.ts';
import { errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_RECORD_FRAMES_BYTES } from '../protocol/limits.ts';
import { decodeMuxFrames, encodeMuxFrame } from '../protocol/muxFrames.ts';
import { decodePairingFrame, encodePairingFrame } from '../protocol/pairingFrames.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import type { HandshakeResult } from '../secure/noise.ts';
import { prologue } from '../secure/prologue.ts';
import type { CircuitMatch, LastWord, PairingChannelEvents, PairingMatch, SessionMatch } from './circuitMatch.ts';
import type { RecordPump, RecordSource } from './recordPump.ts';
import { Session } from './session.ts';

export interface DeviceCircuitOptions {
  readonly crypto: CryptoPort;
  readonly random: Random;
  readonly clock: Clock;
  readonly identity: DhKey;
  readonly match: CircuitMatch;
  readonly pump: RecordPump;
}

export interface DeviceCircuitEvents {
  send(record: Uint8Array): void;
  /** The client has proved itself by a first record, or the circuit is over; may be said again. */
  onHandshakeOver(): void;
  /** The client's HELLO: gives the mux it asks for, with any older circuit of that mux ended. @throws TunnelError for an old HELLO */
  takeMux(match: SessionMatch, hello: Hello): Mux;
  /** This circuit no longer carries `mux`. */
  releaseMux(mux: Mux): void;
  /** This end wants the circuit ended. Fires at most once. */
  onLeave(reason: ErrorCode): void;
}

/** The device's end of one circuit: a session, and on it either a mux or the pairing ceremony. */
export class DeviceCircuit implements Disposable, RecordSource {
  readonly #options: DeviceCircuitOptions;
  readonly #events: DeviceCircuitEvents;
  readonly #session: Session;
  /** Message 1 may have been a repeated one: until the first record has been opened it changes nothing. */
  #handshake: HandshakeResult | undefined;
  #mux: Mux | undefined;
  #pairing: PairingChannelEvents | undefined;
  #isOver = false;

  constructor(options: DeviceCircuitOptions, events: DeviceCircuitEvents) {
    this.#options = options;
    this.#events = events;
    const { match, identity } = options;
    this.#session = new Session(
      { ...options, prologue: prologue(match.purpose, identity.publicKey), psk: match.psk, staticKey: identity },
      {
        send: (record) => {
          events.send(record);
        },
        onEstablished: (result) => {
          this.#handshake = result;
        },
        onFrames: (frames) => {
          this.#onProved();
          if (match.purpose === 'pairing') this.#pairing?.onFrame(decodePairingFrame(frames));
          else this.#receiveMux(match, frames);
        },
        onFailed: (error) => {
          events.onHandshakeOver();
          if (match.purpose === 'pairing' && error.code === 'handshakeFailed') match.onBadTry();
          this.#leave(error.code);
        },
      },
    );
    this.#session.respond((remoteStatic) => match.accepts(remoteStatic));
  }

  receive(record: Uint8Array): void {
    this.#session.receive(record);
  }

  sendOne(): number {
    if (this.#isOver || !this.#mux) return 0;
    const frames = this.#mux.pull(MAX_RECORD_FRAMES_BYTES);
    if (!frames) return 0;
    this.#session.send(frames);
    return frames.length;
  }

  /** Carries this mux no longer: a newer circuit does. */
  yieldMux(): void {
    this.#mux = undefined;
    this.#leave('replaced');
  }

  /** Leaves without a word. */
  leave(reason: ErrorCode): void {
    this.#leave(reason);
  }

  /** Says the client's last word, if it has a session, and leaves. */
  dismiss(reason: LastWord): void {
    this.#say(reason);
    this.#leave(reason);
  }

  /** The circuit is gone. */
  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.pump.remove(this);
    this.#session.dispose();
    this.#events.onHandshakeOver();
    const mux = this.#mux;
    this.#mux = undefined;
    if (mux) this.#events.releaseMux(mux);
    const pairing = this.#pairing;
    this.#pairing = undefined;
    pairing?.onClosed();
  }

  /** The first record has been opened: the other end holds its key and is there now. */
  #onProved(): void {
    const result = this.#handshake;
    if (!result) return;
    this.#handshake = undefined;
    this.#events.onHandshakeOver();
    const { match } = this.#options;
    if (match.purpose === 'pairing') this.#openChannel(match, result);
    else match.onAuthenticated();
  }

  #receiveMux(match: SessionMatch, bytes: Uint8Array): void {
    if (match.lastWord) {
      this.dismiss(match.lastWord);
      return;
    }
    const frames = decodeMuxFrames(bytes);
    if (!this.#mux) {
      const hello = frames[0];
      if (hello?.type !== 'hello') throw new TunnelError('sessionBroken', 'a session that does not begin with HELLO');
      const mux = this.#events.takeMux(match, hello);
      this.#mux = mux;
      mux.attach({
        wake: () => {
          this.#options.pump.wake(this);
        },
        onSilent: () => {
          this.#leave('deviceSilent');
        },
      });
    }
    this.#mux.receive(frames);
  }

  #openChannel(match: PairingMatch, result: HandshakeResult): void {
    this.#pairing = match.onChannel({
      remoteStatic: result.remoteStatic,
      chainingKey: result.chainingKey,
      send: (frame) => {
        this.#session.send(encodePairingFrame(frame));
      },
      leave: (reason) => {
        this.#leave(reason);
      },
      dispose: () => {
        this.dispose();
      },
    });
  }

  #say(code: ErrorCode): void {
    const out = new ByteWriter(8);
    encodeMuxFrame({ type: 'close', code: errorNumber(code) }, out);
    this.#session.send(out.finish());
  }

  #leave(reason: ErrorCode): void {
    if (this.#isOver) return;
    this.dispose();
    this.#events.onLeave(reason);
  }
}
