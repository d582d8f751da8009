import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../protocol/status.ts';
import { connectionStateName, type ConnectionState } from '../tunnel/connectionState.ts';
import type { Supervisor } from '../tunnel/supervisor.ts';

/** Publishes one event for each change of state, and none when only a count or a time has changed. */
export function publishStates(supervisor: Supervisor, bus: StatusEventBus, clock: Clock, endpoint: () => string | undefined): Disposable {
  let last: ConnectionState = { kind: 'disconnected' };
  return supervisor.onDidChange((state) => {
    if (state.kind === last.kind && errorOf(state) === errorOf(last)) return;
    last = state;
    const event: ConnectionStatusEvent = { state: connectionStateName(state), timestamp: Math.max(clock.now(), bus.current.timestamp) };
    const error = errorOf(state);
    const origin = endpoint();
    bus.publishStatus({ ...event, ...(origin === undefined ? {} : { endpoint: origin }), ...(error === undefined ? {} : { error }) });
  });
}

function errorOf(state: ConnectionState): ErrorCode | undefined {
  return 'error' in state ? state.error : undefined;
}
