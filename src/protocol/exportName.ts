import type { ExportFormat } from './chatFiles.ts';

/** A name for the file of a chat, without a path and without what file systems refuse. */
export function exportName(title: string, format: ExportFormat): string {
  const plain = title
    .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
    .replace(/^[. ]+|[. ]+$/g, '');
  return `${plain === '' ? 'chat' : plain}.${format === 'json' ? 'json' : 'md'}`;
}
