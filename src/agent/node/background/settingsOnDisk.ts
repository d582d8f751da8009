import { every, type Clock } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposable.ts';
import type { Logger } from '../../../base/log.ts';
import type { AgentSettings } from '../../../protocol/agentSettings.ts';
import { rulesWithoutSettings, type RemoteRules } from '../../../protocol/remoteRules.ts';
import type { BackgroundFiles } from './backgroundFiles.ts';

/** How soon other settings of the editor count, ms. */
const SETTINGS_EVERY_MS = 2_000;

/** While the editor's settings cannot be read, clients from elsewhere may do the least that a person can set. */
const strictest: RemoteRules = { ...rulesWithoutSettings, maxGenerations: 1, modelManagement: false };

/** The editor's settings, as its windows hand them over. */
export class SettingsOnDisk implements Disposable {
  now: AgentSettings | undefined;
  onChange: () => void = () => undefined;
  readonly #files: BackgroundFiles;
  readonly #log: Logger;
  readonly #timer: Disposable;
  #isDamaged = false;
  #text = '';

  constructor(files: BackgroundFiles, clock: Clock, log: Logger) {
    this.#files = files;
    this.#log = log;
    this.#read();
    this.#timer = every(clock, SETTINGS_EVERY_MS, () => {
      this.#read();
    });
  }

  /** What clients from elsewhere may do. */
  get rules(): RemoteRules {
    return this.#isDamaged ? strictest : (this.now?.remote ?? rulesWithoutSettings);
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #read(): void {
    const read = this.#files.readSettings();
    const text = read === undefined ? '' : JSON.stringify(read);
    if (text === this.#text) return;
    this.#text = text;
    this.#isDamaged = read === 'damaged';
    if (read === 'damaged') this.#log.warn('the settings cannot be read; the strictest count');
    else this.now = read;
    this.onChange();
  }
}
