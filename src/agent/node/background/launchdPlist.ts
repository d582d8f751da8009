import { join } from 'node:path';
import { BackgroundFault, type BackgroundNote } from '../../../protocol/backgroundAgent.ts';
import { escapeXml, hasControls, typed, type ServiceFile, type ServiceLaunch, type ServiceManager } from './serviceManager.ts';
import { hasWorked, saidBy, type RunResult, type System } from './system.ts';

const LABEL = 'cloudtolocalllm.agent';
/** `bootout` says that it is done before it is; what comes too early is refused. */
const BOOTSTRAP_TRIES = 6;
const BETWEEN_TRIES_MS = 500;

/** The property list of the launch agent (launchd.plist(5)). @throws BackgroundFault `unsafePath` */
export function launchdPlist({ program, args }: ServiceLaunch): string {
  const words = [program, ...args];
  for (const word of words) if (hasControls(word)) throw new BackgroundFault('unsafePath', word);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by CloudToLocalLLM. "cloudtolocalllm agent uninstall" removes it. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${escapeXml(word)}</string>`).join('\n')}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>/dev/null</string>
  <key>StandardErrorPath</key>
  <string>/dev/null</string>
</dict>
</plist>
`;
}

/** The launchd of the user's session at the screen. */
export class LaunchdManager implements ServiceManager {
  readonly kind = 'launchd';
  readonly path: string;
  readonly #system: System;
  readonly #domain: string;

  constructor(system: System) {
    this.#system = system;
    this.path = join(system.home, 'Library', 'LaunchAgents', `${LABEL}.plist`);
    this.#domain = `gui/${String(system.uid)}`;
  }

  get commands(): readonly string[] {
    return this.#startCommands.map((args) => typed('launchctl', args));
  }

  readonly describe = launchdPlist;

  encode(text: string): ServiceFile {
    return { path: this.path, bytes: Buffer.from(text), mode: 0o644 };
  }

  async check(): Promise<void> {
    const asked = await this.#ask('print', this.#domain);
    if (!hasWorked(asked)) throw new BackgroundFault('noManager', `launchctl print ${this.#domain}: ${saidBy(asked)}`);
  }

  async start(): Promise<void> {
    const [end, enable, begin] = this.#startCommands;
    await this.#ask(...end);
    await this.#ask(...enable);
    for (let left = BOOTSTRAP_TRIES; ; left--) {
      const asked = await this.#ask(...begin);
      if (hasWorked(asked)) return;
      if (left <= 1) throw new BackgroundFault('notTaken', saidBy(asked));
      await this.#system.wait(BETWEEN_TRIES_MS);
    }
  }

  async stop(): Promise<void> {
    const asked = await this.#ask('bootout', this.#target);
    if (!hasWorked(asked) && (await this.isRegistered())) throw new BackgroundFault('cannotStop', saidBy(asked));
  }

  /** launchd keeps nothing of a file that is gone. */
  forget(): Promise<void> {
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    await this.#ask('kill', 'SIGKILL', this.#target);
  }

  async isRegistered(): Promise<boolean> {
    return hasWorked(await this.#ask('print', this.#target));
  }

  notes(): Promise<readonly BackgroundNote[]> {
    return Promise.resolve(['kindUntried']);
  }

  get #target(): string {
    return `${this.#domain}/${LABEL}`;
  }

  get #startCommands() {
    return [
      ['bootout', this.#target],
      ['enable', this.#target],
      ['bootstrap', this.#domain, this.path],
    ] as const;
  }

  #ask(...args: readonly string[]): Promise<RunResult> {
    return this.#system.run('launchctl', args);
  }
}
