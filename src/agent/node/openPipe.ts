import { createConnection } from 'node:net';
import type { Logger } from '../../base/log.ts';
import { PIPE_VERSION, PIPE_VERSION_OLDEST, PRODUCT_VERSION } from '../../protocol/versions.ts';
import { parsePipeAnswer, type LeaderRole, type PipeAnswer, type PipeHello } from '../../protocol/windowPipe.ts';
import { PipeLine } from './pipeLine.ts';

/** What a program says of itself; other than this build's in tests. */
export type PipeVersions = Partial<Pick<PipeHello, 'version' | 'oldest' | 'product'>>;

/**
 * A line to the leader that listens at `address`. It says `hello`; `onAnswer` hears what comes first, and says with {@link PipeLine.hear}
 * who hears the rest. Without an answer, or when nobody listens, the line closes or stays silent.
 */
export function openPipe(
  address: string,
  purpose: PipeHello['purpose'],
  { log, versions, from }: { readonly log: Logger; readonly versions?: PipeVersions | undefined; readonly from?: LeaderRole },
  onAnswer: (answer: PipeAnswer, line: PipeLine) => void,
): PipeLine {
  const socket = createConnection(address);
  const line: PipeLine = new PipeLine(socket, log, (message) => {
    onAnswer(parsePipeAnswer(message), line);
  });
  const own = { version: PIPE_VERSION, oldest: PIPE_VERSION_OLDEST, product: PRODUCT_VERSION, ...versions };
  line.send({ type: 'hello', ...own, purpose, ...(from !== undefined && { from }) } satisfies PipeHello);
  return line;
}
