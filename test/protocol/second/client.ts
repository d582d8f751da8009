import { Reader, isSame, sized, ascii, text, uint, type Bytes } from './bytes.ts';
import { Mux } from './mux.ts';
import { Handshake, Records, derive, sha256 } from './noise.ts';

/** Where the messages of a link go. */
export type Send = (message: Bytes) => void;
export type RandomBytes = (count: number) => Bytes;

/** What a client keeps of a pairing. */
export interface Secrets {
  readonly D: Bytes;
  readonly own: Bytes;
  readonly psk: Bytes;
  readonly dialHash: Bytes;
}

/** A link, the handshake on it, and the records after: the same for pairing and for everything else. */
abstract class Dialled {
  readonly heard: string[] = [];
  protected readonly secrets: Secrets;
  readonly #purpose: 1 | 2;
  readonly #random: RandomBytes;
  #send: Send = () => undefined;
  #handshake: Handshake | undefined;
  #session: { readonly sending: Records; readonly receiving: Records } | undefined;

  constructor(purpose: 1 | 2, secrets: Secrets, random: RandomBytes) {
    this.#purpose = purpose;
    this.secrets = secrets;
    this.#random = random;
  }

  protected abstract onEstablished(handshake: Handshake): void;
  protected abstract onFrames(frames: Bytes): void;

  /** The link is open. */
  begin(send: Send): void {
    this.#send = send;
    this.#send([6, ...this.secrets.dialHash]);
  }

  receive(message: Bytes): void {
    const reader = new Reader(message);
    switch (reader.uint(1)) {
      case 7:
        this.heard.push('WAITING');
        return;
      case 8:
        this.heard.push('JOINED');
        if (!isSame(reader.rest(), this.secrets.D)) throw new Error('another device');
        this.#session = undefined;
        this.#handshake = new Handshake(this.#purpose, {
          own: this.secrets.own,
          ephemeral: this.#random(32),
          remote: this.secrets.D,
          psk: this.secrets.psk,
        });
        this.#send([11, ...this.#handshake.message1()]);
        return;
      case 9:
        this.heard.push(`LEFT ${String(reader.uint(2))}`);
        this.#session = undefined;
        return;
      case 11:
        this.#receiveRecord(reader.rest());
        return;
      case 12:
        this.#send([13]);
        return;
      case 14:
        this.heard.push('GOAWAY');
        return;
      default:
        throw new Error('a frame that a client is not sent');
    }
  }

  protected sendFrames(frames: Bytes): void {
    if (this.#session) this.#send([11, ...this.#session.sending.seal(frames)]);
  }

  /** The link is lost. */
  cut(): void {
    this.#session = undefined;
    this.#send = () => undefined;
  }

  #receiveRecord(record: Bytes): void {
    if (this.#session) {
      this.onFrames(this.#session.receiving.open(record));
    } else if (this.#handshake) {
      const handshake = this.#handshake;
      this.#handshake = undefined;
      const { sending, receiving } = handshake.message2(record);
      this.#session = { sending: new Records(sending), receiving: new Records(receiving) };
      this.onEstablished(handshake);
    }
  }
}

/** The ceremony of section 3, with S from a link. */
export class Pairing extends Dialled {
  /** Undefined until ALLOWED has come. */
  result: { readonly clientId: Bytes; readonly deviceName: string; readonly secrets: Secrets } | undefined;
  #root: Bytes = [];

  constructor(D: Bytes, S: Bytes, own: Bytes, random: RandomBytes) {
    super(1, { D, own, psk: derive(S, 'c2l pairing psk'), dialHash: sha256(derive(S, 'c2l pairing dial')) }, random);
  }

  protected onEstablished({ chainingKey }: Handshake): void {
    this.#root = derive(chainingKey, 'c2l root');
    this.sendFrames([1, ...sized(ascii('Second')), 3, 0]);
  }

  protected onFrames(frames: Bytes): void {
    const reader = new Reader(frames);
    const type = reader.uint(1);
    if (type === 2) this.heard.push('ASKED');
    else if (type === 3) {
      const clientId = reader.take(16);
      reader.uint(1);
      const deviceName = text(reader.take(reader.uint(2)));
      const { D, own } = this.secrets;
      const psk = derive(this.#root, 'c2l session psk');
      this.result = { clientId, deviceName, secrets: { D, own, psk, dialHash: sha256(derive(this.#root, 'c2l dial')) } };
      this.sendFrames([5]);
    } else if (type === 4) this.heard.push(`DENIED ${String(reader.uint(2))}`);
  }
}

/** A paired client: sessions come and go, the mux stays. */
export class Client extends Dialled {
  readonly mux: Mux;

  constructor(secrets: Secrets, random: RandomBytes) {
    super(2, secrets, random);
    this.mux = new Mux(random(16));
  }

  /** Sends what there is to say. */
  flush(): void {
    for (let frames = this.mux.pull(); frames.length > 0; frames = this.mux.pull()) this.sendFrames(frames);
  }

  override cut(): void {
    super.cut();
    this.mux.isReady = false;
  }

  protected onEstablished(): void {
    this.sendFrames(this.mux.hello());
  }

  protected onFrames(frames: Bytes): void {
    this.mux.receive(frames);
    this.flush();
  }
}

/** D and S of a pairing link. */
export function readLink(link: string): { readonly D: Bytes; readonly S: Bytes } {
  const [, id = '', code = ''] = /#pair=([A-Za-z0-9_-]{43})\.([0-9A-Z]{20})$/.exec(link) ?? [];
  const digits = Array.from(code, (character) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(character));
  const bits = `${digits.map((digit) => digit.toString(2).padStart(5, '0')).join('')}0000`;
  return { D: [...Buffer.from(id, 'base64url')], S: (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)) };
}

/** What an API key says. */
export function readApiKey(key: string): Secrets {
  const secret = [...Buffer.from(key.slice(4 + 43 + 1), 'base64url')];
  const own = derive(secret, 'c2l key client');
  return {
    D: [...Buffer.from(key.slice(4, 47), 'base64url')],
    own,
    psk: derive(secret, 'c2l key psk'),
    dialHash: sha256(derive(secret, 'c2l key dial')),
  };
}

/** A message of section 5. */
export const message = (value: unknown): number[] => {
  const json = ascii(JSON.stringify(value));
  return [...uint(4, json.length), ...json];
};

/** The messages that are whole, taken out of what has come. */
export function messagesIn(came: number[]): unknown[] {
  const out: unknown[] = [];
  for (;;) {
    const length = came.length < 4 ? Infinity : new Reader(came).uint(4);
    if (came.length < 4 + length) return out;
    out.push(JSON.parse(text(came.splice(0, 4 + length).slice(4))));
  }
}
