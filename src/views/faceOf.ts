import type { Clock } from '../base/clock.ts';
import { inEnglish, type Say } from '../base/say.ts';
import type { HopLevel } from '../protocol/status.ts';
import { statusActionTitles, type StatusAction } from '../status/statusActions.ts';
import type { StatusInput } from '../status/statusInput.ts';
import type { TooltipLine } from '../status/statusTooltip.ts';
import type { StatusView } from '../status/statusView.ts';
import type { AgentState } from './agentState.ts';
import { commandId, commandNames, type CommandName } from './ids.ts';
import type { StatusFace } from './statusFace.ts';

/** Everything the status is a function of, as it is known now. Before the agent runs, that is the bus alone. */
export function statusInputOf(
  {
    bus,
    control,
    relayConfigured,
    otherRelay,
  }: Pick<AgentState, 'bus' | 'control' | 'relayConfigured'> & Partial<Pick<AgentState, 'otherRelay'>>,
  clock: Clock,
): StatusInput {
  const event = bus.current;
  const metrics = control?.metrics;
  return {
    event,
    tunnel: control?.tunnel ?? { state: event.state, reconnectAttempts: 0, latency: undefined },
    quality: metrics?.quality ?? 'unknown',
    ...(metrics === undefined ? {} : { metrics }),
    ...(metrics?.nextTryAt === undefined ? {} : { nextTryAt: metrics.nextTryAt }),
    ollama: control?.ollama ?? { state: 'unknown' },
    runningStreams: control?.runningStreams ?? 0,
    clientsOnline: control?.clients.filter(({ online }) => online).length ?? 0,
    clientsPaired: control?.clients.length ?? 0,
    paused: control?.isRemotePaused ?? false,
    relayConfigured,
    role: control?.role ?? (event.error === 'anotherLeads' ? 'follows' : 'leads'),
    ...(otherRelay === undefined ? {} : { otherRelay }),
    ...(control === undefined ? {} : { deviceName: control.deviceName }),
    now: clock.now(),
  };
}

/** A status as the editor draws it. */
export function faceOf(view: StatusView, label: 'full' | 'icon', t: Say = inEnglish): StatusFace {
  const icon = `$(${view.icon})`;
  const commands = view.actions.filter(isCommand);
  return {
    text: label === 'icon' ? icon : `${icon} ${view.text}`,
    colour: view.colour,
    spoken: view.spokenLabel,
    hover: [...view.tooltip.map(markdownLine), links(commands, t)].join('\n\n'),
    hoverCommands: commands,
  };
}

const levelIcons: Readonly<Record<HopLevel, string>> = { up: 'pass', waiting: 'sync', unknown: 'question', down: 'error' };

function markdownLine({ kind, label, value, level }: TooltipLine): string {
  const text = escapeMarkdown(label);
  if (kind === 'headline') return value === undefined ? `**${text}**` : `**${text}** · ${escapeMarkdown(value)}`;
  const icon = level === undefined ? '' : `$(${levelIcons[level]}) `;
  return value === undefined ? `${icon}${text}` : `${icon}${text}: ${escapeMarkdown(value)}`;
}

function links(commands: readonly (CommandName & StatusAction)[], t: Say): string {
  return commands.map((name) => `[${escapeMarkdown(t(statusActionTitles[name]))}](command:${commandId(name)})`).join(' · ');
}

function isCommand(action: StatusAction): action is CommandName & StatusAction {
  return (commandNames as readonly string[]).includes(action);
}

/** Text from outside as plain text in Markdown: no markup, no link, no icon, no line of its own. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!~<>|&$:/@]/g, (character) => (character === '$' ? '&#36;\u200b' : `\\${character}`));
}
