import type { AgentControl } from '../protocol/agentControl.ts';
import type { ChatFiles } from '../protocol/chatFiles.ts';
import type { ChatPort } from '../protocol/chatPort.ts';

/** What the views hold of the agent: its control, and a line to its hub for each chat they draw. */
export interface EditorAgent {
  readonly control: AgentControl;
  /** A fresh line; whoever asked for it ends it. */
  createChatPort(): ChatPort;
  readonly chats: ChatFiles;
  /** A damaged chat file that was set aside: its path now, and how many chats of it could be read. */
  readonly damaged?: { readonly file: string; readonly conversations: number };
  /** The path of a damaged file of pairings that was set aside: every device must pair again. */
  readonly damagedPairings?: string;
}

/**
 * The agent is built after the first drawing, so views get it as a promise. It rejects with a TunnelError when the agent cannot run here,
 * for instance `storeFailed` or `identityLost`.
 */
export type AgentReady = Promise<EditorAgent>;
