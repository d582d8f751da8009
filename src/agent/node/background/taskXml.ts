import { win32 } from 'node:path';
import { BackgroundFault, type BackgroundNote } from '../../../protocol/backgroundAgent.ts';
import { escapeXml, hasControls, typed, type ServiceFile, type ServiceLaunch, type ServiceManager } from './serviceManager.ts';
import { hasWorked, saidBy, type RunResult, type System } from './system.ts';

const TASK = 'CloudToLocalLLM Agent';

/**
 * The task (Task Scheduler schema 1.2). `conhost --headless` gives the program a console that nobody sees: without it a black window would
 * stand on the screen. @throws BackgroundFault `unsafePath`
 */
export function taskXml({ program, args }: ServiceLaunch, userName: string): string {
  const words = [program, ...args];
  // The scheduler puts values in the place of %NAME% and $(Arg), and has no way to write them otherwise.
  for (const word of words) if (hasControls(word) || /%[^%]+%|\$\(/.test(word)) throw new BackgroundFault('unsafePath', word);
  const line = ['--headless', ...words.map(windowsWord)].join(' ');
  const user = escapeXml(userName);
  return `<?xml version="1.0" encoding="UTF-16"?>
<!-- Written by CloudToLocalLLM. "cloudtolocalllm agent uninstall" removes it. -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>CloudToLocalLLM: paired browsers reach the Ollama of this computer</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>99</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\\System32\\conhost.exe</Command>
      <Arguments>${escapeXml(line)}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** A word of a Windows command line, as CommandLineToArgvW takes it apart: backslashes count only before a quote. */
export function windowsWord(word: string): string {
  return `"${word.replace(/(\\*)"/g, (_, slashes: string) => `${slashes}${slashes}\\"`).replace(/\\+$/, (slashes) => slashes + slashes)}"`;
}

/** The Task Scheduler of Windows. */
export class TaskManager implements ServiceManager {
  readonly kind = 'taskScheduler';
  readonly path: string;
  readonly #system: System;

  /** @param folder where the task's file stands; the scheduler keeps a copy of its own */
  constructor(system: System, folder: string) {
    this.#system = system;
    this.path = win32.join(folder, 'task.xml');
  }

  get commands(): readonly string[] {
    return this.#startCommands.map((args) => typed('schtasks', args));
  }

  describe(launch: ServiceLaunch): string {
    return taskXml(launch, this.#system.userName);
  }

  encode(text: string): ServiceFile {
    return { path: this.path, bytes: Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le'), mode: 0o600 };
  }

  async check(): Promise<void> {
    const asked = await this.#ask('/Query', '/TN', TASK);
    // it may answer that there is no such task; what counts is that it answers
    if (asked.kind !== 'ended') throw new BackgroundFault('noManager', `schtasks: ${saidBy(asked)}`);
  }

  async start(): Promise<void> {
    const [end, create, begin] = this.#startCommands;
    await this.#ask(...end);
    for (const args of [create, begin]) {
      const asked = await this.#ask(...args);
      if (!hasWorked(asked)) throw new BackgroundFault('notTaken', saidBy(asked));
    }
  }

  async stop(): Promise<void> {
    await this.#ask('/End', '/TN', TASK);
    const asked = await this.#ask('/Delete', '/TN', TASK, '/F');
    if (!hasWorked(asked) && (await this.isRegistered())) throw new BackgroundFault('cannotStop', saidBy(asked));
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  /** Ending a task ends conhost; the program in it may go on. */
  async kill(pid: number): Promise<void> {
    await this.#system.run('taskkill', ['/PID', String(pid), '/T', '/F']);
  }

  async isRegistered(): Promise<boolean> {
    return hasWorked(await this.#ask('/Query', '/TN', TASK));
  }

  notes(): Promise<readonly BackgroundNote[]> {
    return Promise.resolve(['kindUntried']);
  }

  get #startCommands() {
    return [
      ['/End', '/TN', TASK],
      ['/Create', '/TN', TASK, '/XML', this.path, '/F'],
      ['/Run', '/TN', TASK],
    ] as const;
  }

  #ask(...args: readonly string[]): Promise<RunResult> {
    return this.#system.run('schtasks', args);
  }
}
