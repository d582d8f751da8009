import type { AgentControl } from '../../protocol/agentControl.ts';
import type { ControlReply } from '../../protocol/windowPipe.ts';

/** How an agent is, as other windows are told. The invite stays: nobody there needs it. */
export function factsOf(agent: AgentControl): Extract<ControlReply, { type: 'facts' }>['facts'] {
  const { deviceId, deviceName, bus, tunnel, metrics, ollama, runningStreams, relay, clients, isRemotePaused } = agent;
  const { invite: _kept, ...known } = relay ?? { origin: '' };
  return {
    ...{ deviceId, deviceName, tunnel, metrics, ollama, runningStreams, isRemotePaused },
    event: bus.current,
    relay: relay && known,
    clients: [...clients],
  };
}
