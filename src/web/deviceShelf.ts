import { equalBytes } from '../base/bytes.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import { openClientKey, type ClientKey } from '../secure/web/clientKey.ts';

/** What a page keeps of a device it is paired with. */
export interface PairedDevice {
  /** The device's id: its public key, base64url. */
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  /** The relay's origin. */
  readonly origin: string;
  readonly deviceKey: Uint8Array;
  readonly key: ClientKey;
  readonly psk: Uint8Array;
  readonly dialHash: Uint8Array;
}

const DATABASE = 'cloudtolocalllm';
const STORE = 'devices';

/** The page's memory of its pairings, in IndexedDB (W3C Indexed Database API). */
export class DeviceShelf {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** @returns undefined where the browser keeps nothing, as some do in private windows */
  static async open(factory: IDBFactory | undefined): Promise<DeviceShelf | undefined> {
    if (!factory) return undefined;
    try {
      const request = factory.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: 'id' });
      };
      return new DeviceShelf(await done(request));
    } catch {
      return undefined;
    }
  }

  async list(): Promise<readonly PairedDevice[]> {
    const rows: unknown[] = await done(this.#database.transaction(STORE).objectStore(STORE).getAll());
    return rows.filter(isPairedDevice);
  }

  /**
   * Keeps a device and reads it back: some browsers take a key and give back nothing, or one that no longer works.
   * @returns whether it will still be there, and work, after the page is closed
   */
  async save(device: PairedDevice, subtle: SubtleCrypto | undefined, crypto: CryptoPort): Promise<boolean> {
    try {
      await this.#put(device);
      const row: unknown = await done(this.#database.transaction(STORE).objectStore(STORE).get(device.id));
      if (isPairedDevice(row) && (await agree(device.key, row.key, device.deviceKey, subtle, crypto))) return true;
    } catch {
      // DataCloneError, or a quota: it is not kept
    }
    await this.remove(device.id).catch(() => undefined);
    return false;
  }

  async remove(id: string): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite');
    await done(transaction.objectStore(STORE).delete(id));
  }

  async #put(device: PairedDevice): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite');
    const completed = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(transaction.error ?? new Error('aborted'));
      };
    });
    transaction.objectStore(STORE).put(device);
    await completed;
  }
}

/** Do the key in memory and the one from the shelf make the same secret? */
async function agree(
  kept: ClientKey,
  read: ClientKey,
  other: Uint8Array,
  subtle: SubtleCrypto | undefined,
  crypto: CryptoPort,
): Promise<boolean> {
  const [one, two] = await Promise.all([openClientKey(subtle, crypto, kept).dh(other), openClientKey(subtle, crypto, read).dh(other)]);
  return equalBytes(one, two);
}

function isPairedDevice(row: unknown): row is PairedDevice {
  if (typeof row !== 'object' || row === null) return false;
  const { id, name, clientId, origin, deviceKey, key, psk, dialHash } = row as Partial<Record<keyof PairedDevice, unknown>>;
  const isText = [id, name, clientId, origin].every((value) => typeof value === 'string');
  return isText && [deviceKey, psk, dialHash].every((value) => value instanceof Uint8Array) && isClientKey(key);
}

function isClientKey(key: unknown): key is ClientKey {
  if (typeof key !== 'object' || key === null || !('kind' in key) || !('privateKey' in key)) return false;
  if (key.kind === 'raw') return key.privateKey instanceof Uint8Array;
  return key.kind === 'native' && key.privateKey instanceof CryptoKey && 'publicKey' in key && key.publicKey instanceof Uint8Array;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB'));
    };
  });
}
