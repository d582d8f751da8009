import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';
import { utf8 } from '../../src/base/bytes.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame, type LinkFrameType, type LinkRole } from '../../src/protocol/linkFrames.ts';
import { linkUrl } from '../../src/protocol/relayUrl.ts';
import { LINK_SUBPROTOCOL } from '../../src/protocol/versions.ts';
import { proveAdmission } from '../../src/secure/admission.ts';
import type { DhKey } from '../../src/secure/crypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';

type Frame<T extends LinkFrameType> = Extract<LinkFrame, { type: T }>;

export function hashOf(text: string): Uint8Array {
  return nodeCrypto.sha256(utf8(text));
}

/** The far end of a link over a real socket, played by a test. */
export class LinkEnd {
  readonly role: LinkRole;
  readonly ws: WebSocket;
  readonly frames: LinkFrame[] = [];
  /** Whole messages and their bytes, as they went over this socket. */
  readonly tally = { framesSent: 0, bytesSent: 0, framesGot: 0, bytesGot: 0 };
  closeCode: number | undefined;
  readonly #changes = new EventEmitter();

  private constructor(role: LinkRole, ws: WebSocket) {
    this.role = role;
    this.ws = ws;
    ws.on('message', (data: Buffer) => {
      this.tally.framesGot++;
      this.tally.bytesGot += data.length;
      const frame = decodeLinkFrame(data, role);
      if (frame.type === 'heartbeat') this.send({ type: 'heartbeatAck' });
      this.frames.push(frame);
      this.#changes.emit('change');
    });
    ws.on('error', () => undefined);
    ws.on('close', (code) => {
      this.closeCode = code;
      this.#changes.emit('change');
    });
  }

  static async open(url: string, role: LinkRole, options: ClientOptions = {}): Promise<LinkEnd> {
    const end = new LinkEnd(role, new WebSocket(linkUrl(url, role), LINK_SUBPROTOCOL, { perMessageDeflate: false, ...options }));
    await once(end.ws, 'open');
    return end;
  }

  /** An admitted device that serves the hashes of `tokens`. */
  static async device(url: string, invite: string, tokens: readonly string[], key = newKey()): Promise<LinkEnd> {
    const end = await LinkEnd.open(url, 'device');
    const challenge = await end.next('challenge');
    const claim = { epoch: 1, instance: randomBytes(16), attempt: 1 };
    const proof = await proveAdmission(nodeCrypto, key, url, challenge, claim);
    end.send({ type: 'register', deviceKey: key.publicKey, ...claim, invite, proof });
    await end.next('admitted');
    end.send({ type: 'tokens', seq: 1, replace: true, add: tokens.map(hashOf), remove: [] });
    await end.next('tokensOk');
    return end;
  }

  static async client(url: string, token: string, options: ClientOptions = {}): Promise<LinkEnd> {
    const end = await LinkEnd.open(url, 'client', options);
    end.send({ type: 'dial', hash: hashOf(token) });
    return end;
  }

  send(frame: LinkFrame): void {
    const message = encodeLinkFrame(frame, this.role);
    this.tally.framesSent++;
    this.tally.bytesSent += message.length;
    this.ws.send(message);
  }

  record(bytes: Uint8Array, circuit?: number): void {
    this.send({ type: 'record', circuit, record: bytes });
  }

  /** The first frame of a type, when it has come. @throws when the link ends without it */
  async next<T extends LinkFrameType>(type: T): Promise<Frame<T>> {
    const find = (): Frame<T> | undefined => this.frames.find((frame): frame is Frame<T> => frame.type === type);
    await this.until(() => find() !== undefined || this.closeCode !== undefined);
    const frame = find();
    if (!frame) throw new Error(`closed with ${String(this.closeCode)} before ${type}`);
    return frame;
  }

  get records(): Uint8Array[] {
    return this.frames.flatMap((frame) => (frame.type === 'record' ? [frame.record] : []));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  async closed(): Promise<number> {
    await this.until(() => this.closeCode !== undefined);
    return this.closeCode ?? 0;
  }
}

export function newKey(): DhKey {
  return nodeCrypto.importKey(randomBytes(32));
}

/** Tries to open a link and returns the HTTP answer of its refusal. */
export async function refusalOf(
  url: string,
  subprotocols: readonly string[],
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const ws = new WebSocket(url, [...subprotocols], { headers });
  ws.on('error', () => undefined);
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  ws.terminate();
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
