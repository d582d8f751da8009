import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import * as v from 'valibot';
import { fromBase64url, toBase64url } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { PullNotes } from '../../conversation/pulls.ts';
import type { RelaySetting } from '../../protocol/agentControl.ts';
import { model } from '../../protocol/chatMessage.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { MAX_PULLS } from '../../protocol/limits.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import { parseLeaderNote, type LeaderNote } from '../../protocol/windowPipe.ts';
import type { CryptoPort, DhKey } from '../../secure/crypto.ts';
import type { RelayFile } from '../relayChoice.ts';
import { writeWhole } from './writeWhole.ts';

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

  get #privateFile(): string {
    return join(this.path, 'identity.key');
  }

  get #publicFile(): string {
    return join(this.path, 'identity.pub');
  }

  get #relayFile(): string {
    return join(this.path, 'relay.json');
  }

  get conversationsFile(): string {
    return join(this.path, 'conversations.db');
  }

  get deviceFile(): string {
    return join(this.path, 'device.db');
  }

  get auditFile(): string {
    return join(this.path, 'audit.jsonl');
  }

  get lockFile(): string {
    return join(this.path, 'leader.db');
  }

  /**
   * The device's key pair, made on first use. The public half stands beside the private one, so that a lost private key is noticed.
   * @throws TunnelError `identityLost`
   */
  identity(crypto: CryptoPort, random: Random): DhKey {
    const existing = this.existingIdentity(crypto);
    if (existing) return existing;
    const privateKey = random.bytes(32);
    const key = crypto.importKey(privateKey);
    writeWhole(this.#privateFile, toBase64url(privateKey));
    writeWhole(this.#publicFile, toBase64url(key.publicKey));
    return key;
  }

  /** The next identity is a new one. The public half goes first: a private one alone is whole, a public one alone would be a loss. */
  forgetIdentity(): void {
    try {
      rmSync(this.#publicFile, { force: true });
      rmSync(this.#privateFile, { force: true });
    } catch (error) {
      throw new TunnelError('storeFailed', 'the key files cannot be removed', { cause: error });
    }
  }

  /** The same, undefined when none was made yet. @throws TunnelError `identityLost` */
  existingIdentity(crypto: CryptoPort): DhKey | undefined {
    if (!existsSync(this.#privateFile)) {
      if (existsSync(this.#publicFile)) throw new TunnelError('identityLost');
      return undefined;
    }
    const key = crypto.importKey(readKey(this.#privateFile));
    if (!existsSync(this.#publicFile)) writeWhole(this.#publicFile, toBase64url(key.publicKey));
    else if (readFileSync(this.#publicFile, 'utf8').trim() !== toBase64url(key.publicKey))
      throw new TunnelError('identityLost', 'the two halves of the key do not fit');
    return key;
  }

  /** Who leads, as the last leader wrote it down; it may be gone. Undefined when nobody has, or nothing that can be read. */
  readLeader(): LeaderNote | undefined {
    try {
      return parseLeaderNote(JSON.parse(readFileSync(this.#leaderFile, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** @throws what the file system throws */
  writeLeader(note: LeaderNote): void {
    writeWhole(this.#leaderFile, `${JSON.stringify(note)}\n`);
  }

  get #leaderFile(): string {
    return join(this.path, 'leader.json');
  }

  readonly pullNotes: PullNotes = {
    read: () => {
      try {
        return v.parse(pullsSchema, JSON.parse(readFileSync(this.#pullsFile, 'utf8')));
      } catch {
        return [];
      }
    },
    write: (names) => {
      try {
        if (names.length === 0) rmSync(this.#pullsFile, { force: true });
        else writeWhole(this.#pullsFile, `${JSON.stringify(names)}\n`);
      } catch {
        // on a full disk a download ends with its process
      }
    },
  };

  get #pullsFile(): string {
    return join(this.path, 'pulls.json');
  }

  readonly relayFile: RelayFile = {
    read: () => this.#readRelay(),
    write: (setting) => {
      try {
        writeWhole(this.#relayFile, `${JSON.stringify(setting)}\n`);
      } catch (error) {
        throw new TunnelError('storeFailed', 'relay.json', { cause: error });
      }
    },
    forget: () => {
      try {
        rmSync(this.#relayFile, { force: true });
      } catch (error) {
        throw new TunnelError('storeFailed', 'relay.json', { cause: error });
      }
    },
  };

  #readRelay(): RelaySetting | undefined {
    const file = this.#relayFile;
    if (!existsSync(file)) return undefined;
    try {
      const { origin, invite, isKnown } = v.parse(relaySchema, JSON.parse(readFileSync(file, 'utf8')));
      return { origin: parseRelayUrl(origin), ...(invite !== undefined && { invite }), ...(isKnown && { isKnown }) };
    } catch (error) {
      throw new TunnelError('storeFailed', 'relay.json cannot be read', { cause: error });
    }
  }
}

const pullsSchema = v.pipe(v.array(v.pipe(model, v.trim())), v.maxLength(2 * MAX_PULLS));
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

function isNetworkFileSystem(path: string): boolean {
  if (process.platform === 'win32') return path.startsWith('\\\\');
  return process.platform === 'linux' && networkFileSystems.has(statfsSync(path).type);
}
