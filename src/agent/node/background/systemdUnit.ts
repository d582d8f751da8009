import { isAbsolute, join } from 'node:path';
import { BackgroundFault, type BackgroundNote } from '../../../protocol/backgroundAgent.ts';
import { hasControls, typed, type ServiceFile, type ServiceLaunch, type ServiceManager } from './serviceManager.ts';
import { hasWorked, saidBy, type RunResult, type System } from './system.ts';

const UNIT = 'cloudtolocalllm.service';

/** The text of the user unit (systemd.service(5), systemd.unit(5)). @throws BackgroundFault `unsafePath` */
export function systemdUnit({ program, args }: ServiceLaunch): string {
  return `# Written by CloudToLocalLLM. "cloudtolocalllm agent uninstall" removes it.
[Unit]
Description=CloudToLocalLLM: paired browsers reach the Ollama of this computer
StartLimitIntervalSec=600
StartLimitBurst=20

[Service]
ExecStart=${[systemdProgram(program), ...args.map(systemdWord)].join(' ')}
Restart=on-failure
RestartPreventExitStatus=2
RestartSec=5
TimeoutStopSec=10
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

/** systemd takes no quotes and backslashes in the path of a program, whatever is before them, and does not replace `$` there. */
function systemdProgram(path: string): string {
  if (hasControls(path) || /["'\\]/.test(path) || !path.startsWith('/')) throw new BackgroundFault('unsafePath', path);
  return `"${path.replaceAll('%', '%%')}"`;
}

/** A word of a command line: C escapes in quotes, `%` begins a specifier and `$` a variable (systemd.service(5), "Command lines"). */
function systemdWord(word: string): string {
  if (hasControls(word)) throw new BackgroundFault('unsafePath', word);
  const escaped = word
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('%', '%%')
    .replaceAll('$', () => '$$');
  return `"${escaped}"`;
}

/** The systemd that runs for each user who is logged in. */
export class SystemdManager implements ServiceManager {
  readonly kind = 'systemd';
  readonly path: string;
  readonly commands = startCommands.map((args) => typed('systemctl', ['--user', ...args]));
  readonly #system: System;

  constructor(system: System) {
    const { XDG_CONFIG_HOME: config } = system.environment;
    this.#system = system;
    this.path = join(config !== undefined && isAbsolute(config) ? config : join(system.home, '.config'), 'systemd', 'user', UNIT);
  }

  readonly describe = systemdUnit;

  encode(text: string): ServiceFile {
    return { path: this.path, bytes: Buffer.from(text), mode: 0o600 };
  }

  async check(): Promise<void> {
    const asked = await this.#ask('show', '--property=Version', '--value');
    if (!hasWorked(asked)) throw new BackgroundFault('noManager', `systemctl --user: ${saidBy(asked)}`);
  }

  async start(): Promise<void> {
    for (const args of startCommands) {
      const asked = await this.#ask(...args);
      if (!hasWorked(asked)) throw new BackgroundFault('notTaken', saidBy(asked));
    }
  }

  async stop(): Promise<void> {
    const asked = await this.#ask('disable', '--now', UNIT);
    if (!hasWorked(asked) && (await this.isRegistered()) === true) throw new BackgroundFault('cannotStop', saidBy(asked));
  }

  async forget(): Promise<void> {
    await this.#ask('daemon-reload');
    await this.#ask('reset-failed', UNIT);
  }

  async kill(): Promise<void> {
    await this.#ask('kill', '--signal=SIGKILL', UNIT);
  }

  async isRegistered(): Promise<boolean | undefined> {
    const asked = await this.#ask('show', UNIT, '--property=LoadState', '--value');
    if (asked.kind !== 'ended' || asked.code !== 0) return undefined;
    return asked.stdout.trim() === 'loaded';
  }

  async notes(): Promise<readonly BackgroundNote[]> {
    const { uid } = this.#system;
    const asked = await this.#system.run('loginctl', ['show-user', String(uid), '--property=Linger', '--value']);
    return asked.kind === 'ended' && asked.stdout.trim() === 'yes' ? [] : ['lingerOff'];
  }

  #ask(...args: readonly string[]): Promise<RunResult> {
    return this.#system.run('systemctl', ['--user', ...args]);
  }
}

const startCommands = [['daemon-reload'], ['enable', UNIT], ['restart', UNIT]] as const;
