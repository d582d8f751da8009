import { systemClock } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { nullLogger } from '../../base/log.ts';
import { TunnelError } from '../../protocol/errors.ts';
import {
  parseControlReply,
  parsePipeResult,
  type AgentFacts,
  type ControlRequest,
  type PipeArgs,
  type PipeMethod,
  type PipeResult,
} from '../../protocol/windowPipe.ts';
import { openPipe } from './openPipe.ts';
import type { StateFolder } from './stateFolder.ts';

/** As windows have it: who says nothing for so long hangs. */
const PATIENCE_MS = 5_000;

/** What a command line asks of the program that leads. */
export interface LeaderAsked {
  /** As it was when the line was opened. */
  readonly facts: AgentFacts;
  /** @throws TunnelError the leader's refusal, `leaderStuck` when it does not answer */
  readonly call: <M extends PipeMethod>(method: M, args: PipeArgs<M>) => Promise<PipeResult<M>>;
}

/**
 * Speaks with the agent or editor that leads, over its pipe, for as long as `talk` takes.
 * @throws TunnelError `leaderStuck`, `leaderOlder`, `windowOlder`, and what `talk` throws
 */
export async function askLeader<T>(folder: StateFolder, talk: (leader: LeaderAsked) => Promise<T>): Promise<T> {
  const note = folder.readLeader();
  if (!note) throw new TunnelError('leaderStuck');
  const owned = new DisposableStore();
  const failed = deferred<never>();
  failed.promise.catch(() => undefined); // whoever waits hears it
  const facts = deferred<AgentFacts>();
  const results = new Map<number, { resolve: (result: unknown) => void; reject: (error: TunnelError) => void }>();
  const within = <R>(answer: Promise<R>): Promise<R> => {
    const timer = owned.add(
      systemClock.after(PATIENCE_MS, () => {
        failed.reject(new TunnelError('leaderStuck', note.name));
      }),
    );
    return Promise.race([answer, failed.promise]).finally(() => {
      owned.delete(timer);
    });
  };
  const line = owned.add(
    openPipe(note.address, 'control', { log: nullLogger }, (answer) => {
      if (answer.type === 'refused') {
        failed.reject(new TunnelError(answer.error));
        return;
      }
      line.hear((message) => {
        const reply = parseControlReply(message);
        if (reply.type === 'facts') facts.resolve(reply.facts);
        else if (reply.type === 'done') results.get(reply.id)?.resolve(reply.result);
        else if (reply.type === 'failed') results.get(reply.id)?.reject(new TunnelError(reply.error, reply.detail));
      });
    }),
  );
  owned.add(
    line.onClose(() => {
      failed.reject(new TunnelError('leaderStuck', note.name));
    }),
  );
  let lastId = 0;
  try {
    const told = await within(facts.promise);
    return await talk({
      facts: told,
      call: async (method, args) => {
        const id = ++lastId;
        const result = deferred<unknown>();
        results.set(id, result);
        line.send({ type: 'call', id, method, args: [...args] } satisfies ControlRequest);
        return parsePipeResult(method, await within(result.promise));
      },
    });
  } finally {
    owned.dispose();
  }
}
