import { shownBranch, type ArchivedConversation } from './chatArchive.ts';

/** Names our own format; `version` rises when an older reader would misread it. */
export const ARCHIVE_FORMAT = 'cloudtolocalllm.chats';
export const ARCHIVE_VERSION = 1;

/** Conversations as JSON, all branches: what {@link importChats} reads back. */
export function exportJson(conversations: readonly ArchivedConversation[]): string {
  const plain = conversations.map(({ messages, images, ...rest }) => ({
    ...rest,
    ...(images ? { images: Object.fromEntries(images) } : {}),
    messages: messages.map(({ message, parentId }) => {
      // Where it stands among its siblings follows from the parents.
      const { siblings: _, textOffset: __, nextSequence: ___, ...own } = message;
      return { ...own, parentId };
    }),
  }));
  return `${JSON.stringify({ format: ARCHIVE_FORMAT, version: ARCHIVE_VERSION, conversations: plain }, null, 2)}\n`;
}

/** The branch that is shown, for people: a title, and each message under the name of who wrote it. */
export function exportMarkdown(conversation: ArchivedConversation): string {
  const head = `# ${oneLine(conversation.title)}\n\n${new Date(conversation.createdAt).toISOString()}\n`;
  const messages = shownBranch(conversation).map(({ role, model, state, text, images = [] }) => {
    const name = role === 'user' ? 'You' : oneLine(model ?? 'Assistant');
    const end = state === undefined || state === 'done' ? '' : ` (${state})`;
    const seen = images.map(({ alt }) => `*Image: ${oneLine(alt)}*\n\n`).join('');
    return `## ${name}${end}\n\n${seen}${text.trim()}\n`;
  });
  return [head, ...messages].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
