/** A tool call as the model makes it. */
export interface ScriptedToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** An answer: one text, streamed in words; exact pieces; or the parts of one. */
export type ScriptValue =
  | string
  | readonly string[]
  | {
      readonly thinking?: string;
      readonly text?: string;
      readonly toolCalls?: readonly ScriptedToolCall[];
      /** How often the text comes. Default 1. */
      readonly repeat?: number;
    };

/** What a script function may look at. */
export interface ScriptView {
  readonly model: string;
  /** The last user message, or the prompt of a generate request. */
  readonly prompt: string;
  /** All messages, as sent. */
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Generating requests before this one. */
  readonly index: number;
}

export type Script = ScriptValue | ((view: ScriptView) => ScriptValue);

export interface ScriptedAnswer {
  readonly thinking: readonly string[];
  readonly pieces: readonly string[];
  readonly toolCalls: readonly ScriptedToolCall[];
}

export function playScript(script: Script, view: ScriptView): ScriptedAnswer {
  const value = typeof script === 'function' ? script(view) : script;
  if (typeof value === 'string') return { thinking: [], pieces: words(value), toolCalls: [] };
  if (!('text' in value) && Symbol.iterator in value) return { thinking: [], pieces: value, toolCalls: [] };
  const once = words(value.text ?? '');
  return {
    thinking: words(value.thinking ?? ''),
    pieces: Array.from({ length: value.repeat ?? 1 }, () => once).flat(),
    toolCalls: value.toolCalls ?? [],
  };
}

/** Cuts a text before each word, so that a piece begins with its space, as a model's tokens do. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
