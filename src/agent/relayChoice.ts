import type { RelaySetting } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import { parseRelayUrl } from '../protocol/relayUrl.ts';

/** Where the address of the relay is kept, so that editors and the headless agent are one device. */
export interface RelayFile {
  read(): RelaySetting | undefined;
  /** @throws TunnelError `storeFailed` */
  write(setting: RelaySetting): void;
  /** @throws TunnelError `storeFailed` */
  forget(): void;
}

/** The relay that this device is set to use, and whether it was ever there. */
export class RelayChoice {
  readonly #file: RelayFile;
  #current: RelaySetting | undefined;

  /** @throws TunnelError `storeFailed` */
  constructor(file: RelayFile) {
    this.#file = file;
    this.#current = file.read();
  }

  get current(): RelaySetting | undefined {
    return this.#current;
  }

  /** @throws TunnelError `badRelayUrl`, `storeFailed` */
  choose(address: string, invite?: string): void {
    const origin = parseRelayUrl(address);
    const isKnown = this.#current?.origin === origin && this.#current.isKnown === true;
    this.#write({ origin, ...(invite !== undefined && invite !== '' && { invite }), ...(isKnown && { isKnown }) });
  }

  /** Neither address nor invite is kept. @throws TunnelError `storeFailed` */
  forget(): void {
    this.#file.forget();
    this.#current = undefined;
  }

  /** A relay has been reached at this address. What cannot be written down is known until the program ends. */
  noteReached(): void {
    const setting = this.#current;
    if (!setting || setting.isKnown === true) return;
    this.#current = { ...setting, isKnown: true };
    try {
      this.#file.write(this.#current);
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error;
    }
  }

  #write(setting: RelaySetting): void {
    this.#file.write(setting);
    this.#current = setting;
  }
}
