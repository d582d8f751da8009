import type { MaybePromise } from '../base/maybePromise.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { DiagnoseOptions, Diagnosis } from '../protocol/diagnosis.ts';
import type { PipeArgs, PipeMethod, PipeResult } from '../protocol/windowPipe.ts';

/** `signal` ends what can be ended; `onHop` is a diagnosis’s. */
export type CallOptions = Pick<DiagnoseOptions, 'signal' | 'onHop'>;

type Actions = {
  readonly [M in PipeMethod]: (agent: AgentControl, args: PipeArgs<M>, options: CallOptions) => MaybePromise<PipeResult<M>>;
};

const actions: Actions = {
  setRelay: (agent, [address, invite]) => agent.setRelay(address, invite ?? undefined),
  forgetRelay: (agent) => agent.forgetRelay(),
  probeRelay: async (agent, [address, invite], options) => plain(await agent.probeRelay(address, invite ?? undefined, options)),
  connect: (agent, _args, { signal }) => agent.connect(signal && { signal }),
  disconnect: (agent) => {
    agent.disconnect();
  },
  reconnect: (agent) => {
    agent.reconnect();
  },
  createOffer: (agent) => agent.createOffer(),
  cancelOffer: (agent) => {
    agent.cancelOffer();
  },
  createApiKey: (agent, [name, grant]) => agent.createApiKey(name, grant),
  revoke: (agent, [clientId]) => agent.revoke(clientId),
  changeClient: (agent, [clientId, change]) => agent.changeClient(clientId, change),
  setRemotePaused: (agent, [paused]) => agent.setRemotePaused(paused),
  checkOllama: (agent) => agent.checkOllama(),
  diagnose: async (agent, _args, options) => plain(await agent.diagnose(options)),
};

function plain({ hops, ...rest }: Diagnosis): PipeResult<'diagnose'> {
  return { ...rest, hops: [...hops] };
}

/** Does what a window asks of the agent; what needs no waiting is done when this returns. @throws as {@link AgentControl} says */
export function carryOut<M extends PipeMethod>(
  agent: AgentControl,
  method: M,
  args: PipeArgs<M>,
  options: CallOptions = {},
): MaybePromise<PipeResult<M>> {
  return actions[method](agent, args, options);
}
