import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { deriveOffer, pairingFragment, parsePairingCode, type DialSecrets } from '../../src/secure/pairingSecret.ts';

export type SecretKind =
  | 'pairing secret'
  | 'dial token'
  | 'dial hash'
  | 'session key'
  | 'pairing root'
  | 'client key'
  | 'identity key'
  | 'API key'
  | 'invite'
  | 'message';

/** What files are there to hold. Everything else that is found in a file is a leak. */
const keepers: readonly (readonly [file: RegExp, kinds: readonly SecretKind[]])[] = [
  [/^identity\.key$/, ['identity key']],
  [/^relay\.json$/, ['invite']],
  [/^device\.db(-wal)?$/, ['session key', 'dial hash']],
  [/^conversations\.db(-wal)?$/, ['message']],
];
/** The memory of a process that was asked for it. */
const notWritten = /\.heapsnapshot$/;
/** Events that are printed in order to hand a secret over. */
const handovers: ReadonlySet<unknown> = new Set(['listening', 'invite', 'offer', 'key']);
/** Shorter ones are found by chance. */
const MIN_BYTES = 10;

/** A secret as it would be found: as it is, in either case, as hex, for a URL, in UTF-16, and as base64 in both alphabets at each alignment. */
export function secretForms(secret: string | Uint8Array): Buffer[] {
  const plain = Buffer.from(secret);
  if (plain.length < MIN_BYTES) throw new Error('too short to be looked for');
  // without the characters that depend on neighbours
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), plain])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : 4, -1),
  );
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = plain.toString('hex');
  const texts = [hex, hex.toUpperCase(), ...base64, ...base64url];
  if (typeof secret === 'string') texts.push(secret.toUpperCase(), secret.toLowerCase(), encodeURIComponent(secret));
  const forms = [plain, ...texts.map((text) => Buffer.from(text))];
  if (typeof secret === 'string') forms.push(Buffer.from(secret, 'utf16le'));
  return forms;
}

/** Knows the secrets of a run, learns more from what its processes hand over, and looks for them where they must not be. */
export class SecretWatch {
  readonly #secrets: { readonly kind: SecretKind; readonly text: string; readonly forms: readonly Buffer[] }[] = [];
  readonly #outputs: { readonly name: string; readonly said: () => string }[] = [];

  get count(): number {
    return this.#secrets.length;
  }

  add(kind: SecretKind, ...secrets: readonly (string | Uint8Array)[]): void {
    for (const secret of secrets) {
      const text = Buffer.from(secret).toString('latin1');
      if (this.#secrets.some((known) => known.text === text)) continue;
      this.#secrets.push({ kind, text, forms: secretForms(secret) });
    }
  }

  addDial({ psk, dialToken, dialHash }: DialSecrets): void {
    this.add('session key', psk);
    this.add('dial token', dialToken);
    this.add('dial hash', dialHash);
  }

  /** @param code as it is typed or as it stands in a link */
  addPairing(code: string): void {
    const secret = parsePairingCode(code);
    this.add('pairing secret', secret, pairingFragment(secret), code);
    this.addDial(deriveOffer(nodeCrypto, secret));
  }

  addApiKey(key: string): void {
    const { secret } = parseApiKey(key);
    this.add('API key', key, secret);
    this.addDial(deriveApiKey(nodeCrypto, secret));
  }

  /** The part of an invite that makes it one. */
  addInvite(invite: string): void {
    this.add('invite', invite.split('.').at(-1) ?? '');
  }

  /** @returns whether the event hands a secret over, so that its line may hold one */
  addEvent(event: Readonly<Record<string, unknown>>): boolean {
    if (typeof event['invite'] === 'string') this.addInvite(event['invite']);
    if (typeof event['code'] === 'string' && event['event'] === 'offer') this.addPairing(event['code']);
    if (typeof event['key'] === 'string') this.addApiKey(event['key']);
    return handovers.has(event['event']);
  }

  /** @param said all that a process has printed but for the lines that hand a secret over */
  listen(name: string, said: () => string): void {
    this.#outputs.push({ name, said });
  }

  /** The kinds of secrets in these bytes. */
  found(haystack: Uint8Array, allowed: readonly SecretKind[] = []): SecretKind[] {
    const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
    const kinds = this.#secrets.filter(({ kind, forms }) => !allowed.includes(kind) && forms.some((form) => bytes.includes(form)));
    return [...new Set(kinds.map(({ kind }) => kind))];
  }

  /** Where secrets were found that must not be there: in what was printed, and in the files below `folder`. */
  leaks(folder?: string): string[] {
    const files = folder !== undefined && existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
    const written = files.filter((file) => file.isFile() && !notWritten.test(file.name));
    for (const { parentPath, name } of written)
      if (name === 'identity.key') this.add('identity key', Buffer.from(readFileSync(join(parentPath, name), 'utf8').trim(), 'base64url'));
    const inFiles = written.flatMap(({ parentPath, name }) => {
      const allowed = keepers.find(([file]) => file.test(name))?.[1];
      return this.found(readFileSync(join(parentPath, name)), allowed).map(
        (kind) => `${kind} in ${relative(folder ?? '', join(parentPath, name))}`,
      );
    });
    const printed = this.#outputs.flatMap(({ name, said }) =>
      this.found(Buffer.from(said())).map((kind) => `${kind} in the output of ${name}`),
    );
    return [...printed, ...inFiles];
  }

  /** Ends a run: deletes its folder. @throws when a secret was printed, or lies in the folder where none belongs */
  clear(folder: string): void {
    const leaks = this.leaks(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (leaks.length > 0) throw new Error(`secrets were left: ${leaks.join('; ')}`);
  }
}
