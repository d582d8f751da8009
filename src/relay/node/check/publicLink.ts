import { WebSocket, type RawData } from 'ws';
import { deferred } from '../../../base/deferred.ts';
import { DecodeError } from '../../../base/bytes.ts';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { closeCodeMeaning, linkCloseCodes } from '../../../protocol/closeCodes.ts';
import { errorCatalogue } from '../../../protocol/errors.ts';
import { MAX_LINK_MESSAGE_BYTES } from '../../../protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame, type LinkFrameType, type LinkRole } from '../../../protocol/linkFrames.ts';
import { linkUrl } from '../../../protocol/relayUrl.ts';
import { LINK_SUBPROTOCOL } from '../../../protocol/versions.ts';
import { lookupOf, unreachable, type Surroundings } from './publicVisit.ts';
import { faultOfRefusal } from './refusedLink.ts';

const MAX_REFUSAL_BYTES = 4 * 1024;

/** A link as a device or a page opens it, to be looked at. It ends with its signal. */
export class PublicLink {
  readonly #role: LinkRole;
  readonly #socket: WebSocket;
  readonly #frames: LinkFrame[] = [];
  #wake = deferred<undefined>();
  #fault: UserError | undefined;

  private constructor(role: LinkRole, socket: WebSocket) {
    this.#role = role;
    this.#socket = socket;
    socket.on('message', (data: RawData, isBinary) => {
      this.#hear(data, isBinary);
    });
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', (code) => {
      this.#end(endOf(code));
    });
  }

  /** @param isPage from a page of the relay's, which a browser says with the request. @throws UserError why there is none */
  static open(origin: string, role: LinkRole, isPage: boolean, surroundings: Surroundings, signal: AbortSignal): Promise<PublicLink> {
    return new Promise((resolve, reject) => {
      const url = linkUrl(origin, role);
      const { host } = new URL(url);
      const socket = new WebSocket(url, LINK_SUBPROTOCOL, {
        perMessageDeflate: false,
        maxPayload: MAX_LINK_MESSAGE_BYTES,
        followRedirects: false,
        lookup: lookupOf(surroundings),
        ...(isPage ? { origin } : {}),
        ...(surroundings.authorities === undefined ? {} : { ca: surroundings.authorities }),
      });
      signal.addEventListener(
        'abort',
        () => {
          socket.terminate();
        },
        { once: true },
      );
      socket.once('unexpected-response', (request, response) => {
        let body = '';
        const finish = (): void => {
          response.destroy();
          request.destroy();
          reject(faultOfRefusal(response.statusCode ?? 0, response.headers, body, origin));
        };
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
          if (body.length > MAX_REFUSAL_BYTES) finish();
        });
        response.once('end', finish);
        response.once('error', finish);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === undefined ? badUpgrade(error) : unreachable(error, host));
      });
      // heard from the first turn on: a relay speaks to devices first
      const link = new PublicLink(role, socket);
      socket.once('open', () => {
        resolve(link);
      });
    });
  }

  send(frame: LinkFrame): void {
    this.#socket.send(encodeLinkFrame(frame, this.#role), { binary: true });
  }

  /** Ends the link in good order. */
  close(): void {
    this.#socket.close(1000);
  }

  /** The next frame, which must be a `type`; heartbeats are answered by the way. @throws UserError when another comes, or the link's end */
  async expect(type: LinkFrameType): Promise<void> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame?.type === type) return;
      if (frame) throw new UserError('foreignFrames', `${frame.type} came where ${type} was due.`, UPDATE_REMEDY, exitCodes.failed);
      if (this.#fault) throw this.#fault;
      await this.#wake.promise;
    }
  }

  /** Resolves when the link ends. */
  async ended(): Promise<void> {
    while (!this.#fault) await this.#wake.promise;
  }

  #hear(data: RawData, isBinary: boolean): void {
    try {
      if (!isBinary) throw new DecodeError('text');
      const frame = decodeLinkFrame(bytesOf(data), this.#role);
      if (frame.type === 'heartbeat') this.send({ type: 'heartbeatAck' });
      else this.#frames.push(frame);
      this.#stir();
    } catch (error) {
      const message = 'What came over the link is not what a relay says.';
      this.#end(new UserError('foreignFrames', message, UPDATE_REMEDY, exitCodes.failed, { cause: error }));
      this.#socket.terminate();
    }
  }

  #end(fault: UserError): void {
    this.#fault ??= fault;
    this.#stir();
  }

  #stir(): void {
    this.#wake.resolve(undefined);
    this.#wake = deferred<undefined>();
  }
}

const UPDATE_REMEDY = 'Update the older of relay and this program. If they are of one age, a proxy on the way changes what is sent.';
const MESSAGES_REMEDY =
  'See the log of the web server before the relay: it must pass WebSocket messages both ways and leave the link open.';

function endOf(code: number): UserError {
  const { short, words } = errorCatalogue[closeCodeMeaning(code)];
  if (!linkCloseCodes.has(code))
    return new UserError('linkEnded', `The link was ended (${String(code)}).`, MESSAGES_REMEDY, exitCodes.failed);
  return new UserError(closeCodeMeaning(code), `The relay ended the link: ${short}.`, words, exitCodes.failed);
}

/** What `ws` says of an upgrade that is none: a proxy has taken it for itself, or changed it. */
function badUpgrade(error: Error): UserError {
  const message = `The upgrade was answered, but not as WebSocket wants it (${error.message}).`;
  const remedy = 'Have the web server pass the upgrade and all headers Sec-WebSocket-* on to the relay, and its answer back.';
  return new UserError('badUpgrade', message, remedy, exitCodes.failed, { cause: error });
}

function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const { buffer, byteOffset, byteLength } = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
