import type {
  BackgroundAgent,
  BackgroundFault,
  BackgroundLoader,
  BackgroundStatus,
  BackgroundWords,
  Installed,
  InstallPlan,
  PlanOptions,
  Removed,
} from '../../src/protocol/backgroundAgent.ts';
import { backgroundWords } from '../../src/status/backgroundText.ts';

/** A background agent in memory: it notes what it is told, and fails as it is told to. */
export class FakeBackground implements BackgroundAgent, BackgroundLoader {
  isInstalled = false;
  readonly calls: string[] = [];
  /** What the next work of this name fails with. */
  readonly faults = new Map<'plan' | 'install' | 'uninstall' | 'renew', BackgroundFault>();
  /** The version of an older copy. */
  older: string | undefined;

  readonly thePlan: InstallPlan = {
    ...{
      kind: 'systemd',
      version: '0.1.0',
      relay: 'https://relay.example',
      stateFolder: '/state',
      others: ['/state/agent/installed.json'],
    },
    node: { path: '/usr/bin/node', version: '24.1.0' },
    copy: { folder: '/state/agent/cli-0.1.0-0123abcd', files: 9, bytes: 1_234_567 },
    unit: { path: '/home/jane/.config/systemd/user/cloudtolocalllm.service', text: '[Service]\nExecStart="/usr/bin/node"\n' },
    commands: ['systemctl --user daemon-reload'],
    notes: ['lingerOff'],
  };

  load(): Promise<{ readonly agent: BackgroundAgent; readonly words: BackgroundWords }> {
    return Promise.resolve({ agent: this, words: backgroundWords });
  }

  plan(options: PlanOptions = {}): Promise<InstallPlan> {
    return this.#do('plan', `plan ${options.node ?? ''}`.trim(), this.thePlan);
  }

  async install(plan: InstallPlan): Promise<Installed> {
    await this.#do('install', 'install', undefined);
    this.isInstalled = true;
    return { version: plan.version, pid: 42, notes: plan.notes };
  }

  async uninstall(): Promise<Removed> {
    await this.#do('uninstall', 'uninstall', undefined);
    this.isInstalled = false;
    return { removed: ['/state/agent/installed.json'] };
  }

  async renew(): Promise<string | undefined> {
    const { older } = this;
    if (older !== undefined) await this.#do('renew', 'renew', undefined);
    this.older = undefined;
    return older;
  }

  status(): Promise<BackgroundStatus> {
    return Promise.resolve({ ownVersion: '0.1.0', notes: [] });
  }

  settingsChanged(): void {
    if (this.isInstalled) this.calls.push('settings');
  }

  #do<T>(name: 'plan' | 'install' | 'uninstall' | 'renew', call: string, value: T): Promise<T> {
    const fault = this.faults.get(name);
    this.faults.delete(name);
    this.calls.push(call);
    return fault ? Promise.reject(fault) : Promise.resolve(value);
  }
}
