import * as v from 'valibot';
import { chatSettings, contextLength } from './chatSettings.ts';
import { MAX_KEEP_ALIVE_S } from './limits.ts';

const whole = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

const agentSettings = v.object({
  ollama: v.object({
    /** Empty: `OLLAMA_HOST`, then this computer. */
    url: v.pipe(v.string(), v.maxLength(2_048)),
    firstTokenTimeoutMs: whole(1_000, 3_600_000),
    idleTimeoutMs: whole(1_000, 3_600_000),
    keepAliveSeconds: v.exactOptional(whole(-1, MAX_KEEP_ALIVE_S)),
  }),
  chat: chatSettings,
  defaultModel: v.pipe(v.string(), v.maxLength(256)),
  retentionDays: whole(0, 3_650),
  remote: v.object({
    maxGenerations: whole(1, 4),
    maxContextLength: contextLength,
    modelManagement: v.boolean(),
    cloudModels: v.boolean(),
    idleExpiryDays: whole(0, 365),
    privatePacing: v.boolean(),
  }),
});

/**
 * The editor's settings that an agent goes by, as they are handed to the background agent: what clients from elsewhere may do must not widen
 * because another program of this user holds the connection.
 */
export type AgentSettings = v.InferOutput<typeof agentSettings>;

/** Reads settings from a file; undefined for what is none. */
export function parseAgentSettings(value: unknown): AgentSettings | undefined {
  const result = v.safeParse(agentSettings, value);
  return result.success ? result.output : undefined;
}
