import type { ImageData64, ImageInfo } from '../../protocol/chatImages.ts';
import type { Sql } from './sql.ts';

/** Images of questions. One may stand in several versions of a question; it goes with the last of them. */
export class ImageRows {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Inside a change of the store's. */
  insert({ info, data }: ImageData64): void {
    const { id, type, width, height, alt } = info;
    this.#sql.run('INSERT INTO image (id, type, width, height, alt, data) VALUES (?, ?, ?, ?, ?, ?)', id, type, width, height, alt, data);
  }

  /** Inside a change of the store's. */
  link(messageId: string, images: readonly ImageInfo[]): void {
    for (const [n, { id }] of images.entries())
      this.#sql.run('INSERT INTO message_image (message_id, n, image_id) VALUES (?, ?, ?)', messageId, n, id);
  }

  data(conversationId: string, imageId: string): string | undefined {
    const sql = `SELECT data FROM image WHERE id = ? AND EXISTS (SELECT 1 FROM message_image JOIN message ON message.id = message_id
      WHERE image_id = image.id AND conversation_id = ?)`;
    const data = this.#sql.all(sql, imageId, conversationId)[0]?.['data'];
    return typeof data === 'string' ? data : undefined;
  }
}
