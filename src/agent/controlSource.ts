import type { AgentControl } from '../protocol/agentControl.ts';
import type { AgentFacts, PipeArgs, PipeMethod, PipeResult } from '../protocol/windowPipe.ts';
import type { CallOptions } from './carryOut.ts';
import { carryOut } from './carryOut.ts';
import type { MaybePromise } from '../base/maybePromise.ts';
import type { PairingDesk } from './pairingDesk.ts';

/** An agent, here or behind the pipe: how it is, what it tells, and what it can be asked. */
export interface ControlSource extends Pick<AgentControl, 'onDidChangeClients' | 'onDidChangeOllama' | 'onPairingQuestion' | 'onDidPair'> {
  readonly role: NonNullable<AgentControl['role']>;
  readonly facts: AgentFacts;
  /** As {@link AgentControl} says, of an agent that is here. */
  readonly settingsChanged?: () => void;
  /** @throws TunnelError */
  call<M extends PipeMethod>(method: M, args: PipeArgs<M>, options?: CallOptions): MaybePromise<PipeResult<M>>;
}

/** The agent of this process, which leads. */
export function ownSource(agent: AgentControl, desk: PairingDesk): ControlSource {
  return {
    role: 'leads',
    facts: agent,
    settingsChanged: () => {
      agent.settingsChanged();
    },
    onDidChangeClients: agent.onDidChangeClients,
    onDidChangeOllama: agent.onDidChangeOllama,
    onPairingQuestion: desk.onPairingQuestion,
    onDidPair: desk.onDidPair,
    call: (method, args, options) => {
      if (method === 'createOffer') desk.offeredBy();
      return carryOut(agent, method, args, options);
    },
  };
}
