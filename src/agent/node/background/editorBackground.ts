import { systemClock } from '../../../base/clock.ts';
import { BackgroundFault, type BackgroundAgent, type BackgroundLoader } from '../../../protocol/backgroundAgent.ts';
import { TunnelError } from '../../../protocol/errors.ts';
import { backgroundWords } from '../../../status/backgroundText.ts';
import { HostBackground, type HostBackgroundOptions } from './hostBackground.ts';
import { thisSystem } from './system.ts';

/** What the editor loads when it needs the background agent; a file of its own. */
export function editorBackground(options: Omit<HostBackgroundOptions, 'system' | 'clock'>): Awaited<ReturnType<BackgroundLoader['load']>> {
  const agent = new HostBackground({ ...options, system: thisSystem(), clock: systemClock });
  return { agent: inFaults(agent), words: backgroundWords };
}

/** What a store or a lock of the agent's folder has to say is told as every other fault of an installation: with what can be pressed. */
function inFaults(agent: BackgroundAgent): BackgroundAgent {
  const said = (error: unknown): never => {
    throw error instanceof TunnelError ? new BackgroundFault('cannotWrite', error.detail ?? error.code, { cause: error }) : error;
  };
  return {
    get isInstalled() {
      return agent.isInstalled;
    },
    status: () => agent.status().catch(said),
    plan: (options) => agent.plan(options).catch(said),
    install: (plan) => agent.install(plan).catch(said),
    uninstall: () => agent.uninstall().catch(said),
    renew: () => agent.renew().catch(said),
    settingsChanged: () => {
      agent.settingsChanged();
    },
  };
}
