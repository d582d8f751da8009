import type { RelayAnswer, VisitRelay } from '../../src/agent/relayVisit.ts';

/** A relay's address at which everything is as it should be, but for what is named. */
export function answeringVisit(answer: Partial<RelayAnswer> = {}): VisitRelay {
  return () => ({
    connected: Promise.resolve(),
    secured: Promise.resolve(),
    answered: Promise.resolve({ status: 200, body: 'ready\n', ...answer }),
    dispose: () => undefined,
  });
}
