import type { Logger } from '../base/log.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import { parseRelayUrl } from '../protocol/relayUrl.ts';
import type { ConnectionIntent } from './connectionIntent.ts';
import { readSetting } from './userSettings.ts';

/** Carries the setting `relay.url` into the state folder when it names another relay. An invite belongs to one relay and does not move. */
export async function applyRelaySetting(control: AgentControl, log: Logger): Promise<void> {
  const text = readSetting('relay.url').trim();
  if (text === '') return;
  try {
    const origin = parseRelayUrl(text);
    if (origin !== control.relay?.origin) await control.setRelay(origin);
  } catch (error) {
    const known = TunnelError.from(error);
    log.warn('setting relay.url is not used', { code: known.code, detail: known.detail });
  }
}

/** What a start does about the connection: nothing without a relay, else what the user last wanted. Failures are on the bus already. */
export async function startConnection(control: AgentControl, intent: ConnectionIntent, log: Logger): Promise<void> {
  await applyRelaySetting(control, log);
  if (!control.relay || !(await intent.connectAtStart())) return;
  try {
    await control.connect();
  } catch (error) {
    log.info('not connected at start', { code: TunnelError.from(error).code });
  }
}
