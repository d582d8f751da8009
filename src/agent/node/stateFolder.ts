import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import * as v from 'valibot';
import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { RelaySetting } from '../../protocol/agentControl.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import type { CryptoPort, DhKey } from '../../secure/crypto.ts';
import type { RelayFile } from '../relayChoice.ts';

/** File systems on which SQLite's locks do not hold (statfs(2), f_type): NFS, SMB, CIFS, SMB2, FUSE's network kinds share one number. */
const networkFileSystems = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

/** Where a device keeps what makes it this device: key, store, lock, relay. One for all editors and agents of an OS user. */
export function defaultStateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['C2L_STATE'] ?? envPaths('CloudToLocalLLM', { suffix: '' }).data;
}

/** The state folder, made private to the OS user. @throws TunnelError `storeFailed` with the remedy as its detail */
export class StateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (process.platform !== 'win32') chmodSync(path, 0o700);
    } catch (error) {
      throw new TunnelError('storeFailed', 'the state folder cannot be made; set C2L_STATE to another one', { cause: error });
    }
    if (isNetworkFileSystem(path))
      throw new TunnelError('storeFailed', 'the state folder is on a network file system; set C2L_STATE to a local one');
  }

  get conversationsFile(): string {
    return join(this.path, 'conversations.db');
  }

  get deviceFile(): string {
    return join(this.path, 'device.db');
  }

  get lockFile(): string {
    return join(this.path, 'leader.db');
  }

  /**
   * The device's key pair, made on first use. The public half stands beside the private one, so that a lost private key is noticed.
   * @throws TunnelError `identityLost`
   */
  identity(crypto: CryptoPort, random: Random): DhKey {
    const privateFile = join(this.path, 'identity.key');
    const publicFile = join(this.path, 'identity.pub');
    if (existsSync(privateFile)) {
      const key = crypto.importKey(readKey(privateFile));
      if (!existsSync(publicFile)) writePrivate(publicFile, toBase64url(key.publicKey));
      else if (readFileSync(publicFile, 'utf8').trim() !== toBase64url(key.publicKey))
        throw new TunnelError('identityLost', 'the two halves of the key do not fit');
      return key;
    }
    if (existsSync(publicFile)) throw new TunnelError('identityLost');
    const privateKey = random.bytes(32);
    const key = crypto.importKey(privateKey);
    writePrivate(privateFile, toBase64url(privateKey));
    writePrivate(publicFile, toBase64url(key.publicKey));
    return key;
  }

  readonly relayFile: RelayFile = {
    read: () => this.#readRelay(),
    write: (setting) => {
      try {
        writePrivate(join(this.path, 'relay.json'), `${JSON.stringify(setting)}\n`);
      } catch (error) {
        throw new TunnelError('storeFailed', 'relay.json', { cause: error });
      }
    },
  };

  #readRelay(): RelaySetting | undefined {
    const file = join(this.path, 'relay.json');
    if (!existsSync(file)) return undefined;
    try {
      const { origin, invite, isKnown } = v.parse(relaySchema, JSON.parse(readFileSync(file, 'utf8')));
      return { origin: parseRelayUrl(origin), ...(invite !== undefined && { invite }), ...(isKnown && { isKnown }) };
    } catch (error) {
      throw new TunnelError('storeFailed', 'relay.json cannot be read', { cause: error });
    }
  }
}

const relaySchema = v.object({ origin: v.string(), invite: v.optional(v.string()), isKnown: v.optional(v.boolean()) });

function readKey(file: string): Uint8Array {
  try {
    const key = fromBase64url(readFileSync(file, 'utf8').trim());
    if (key.length === 32) return key;
  } catch (error) {
    throw new TunnelError('identityLost', 'the key file cannot be read', { cause: error });
  }
  throw new TunnelError('identityLost', 'the key file is damaged');
}

/** Writes a file that only the OS user may read, whole or not at all. */
function writePrivate(file: string, text: string): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

function isNetworkFileSystem(path: string): boolean {
  if (process.platform === 'win32') return path.startsWith('\\\\');
  return process.platform === 'linux' && networkFileSystems.has(statfsSync(path).type);
}
