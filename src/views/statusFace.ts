import type { CommandName } from './ids.ts';

/** A status as the editor can draw it. */
export interface StatusFace {
  /** With icons, as `$(plug) Connected`. */
  readonly text: string;
  readonly colour: 'none' | 'warning' | 'error';
  /** What a screen reader says. */
  readonly spoken: string;
  /** Markdown; what comes from outside is escaped in it. */
  readonly hover: string;
  readonly hoverCommands: readonly CommandName[];
}
