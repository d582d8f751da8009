import type { DatabaseSync } from 'node:sqlite';

/**
 * One script per version, never changed once released: version n+1 is made from version n. `parent_id` and `head_id` make the messages of a
 * conversation a tree, so that a second answer to a question or an edited question is one more row and nothing is overwritten.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE conversation (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    model TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    head_id TEXT
  ) STRICT;
  CREATE INDEX conversation_list ON conversation (owner, updated_at DESC, ordinal DESC) WHERE deleted_at IS NULL;
  CREATE INDEX conversation_bin ON conversation (deleted_at) WHERE deleted_at IS NOT NULL;

  CREATE TABLE message (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent_id TEXT,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    model TEXT,
    state TEXT,
    next_sequence INTEGER,
    stats TEXT,
    error TEXT,
    error_detail TEXT,
    stand_in INTEGER
  ) STRICT;
  CREATE INDEX message_of ON message (conversation_id, ordinal);
  CREATE INDEX message_running ON message (conversation_id) WHERE state IN ('waiting', 'loading', 'streaming');

  -- What a running answer has gained since its row was written. A checkpoint adds a row instead of writing the whole text again.
  CREATE TABLE part (
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message_id, n)
  ) STRICT, WITHOUT ROWID;

  -- First answers of mutating requests. Those of turns stay as long as their conversation does.
  CREATE TABLE reply (
    owner TEXT NOT NULL,
    request_id TEXT NOT NULL,
    conversation_id TEXT REFERENCES conversation (id) ON DELETE CASCADE,
    reply TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, request_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reply_of ON reply (conversation_id) WHERE conversation_id IS NOT NULL;
  CREATE INDEX reply_age ON reply (created_at) WHERE conversation_id IS NULL;
  `,
  `
  CREATE INDEX message_siblings ON message (conversation_id, parent_id, ordinal);

  -- Full-text search (sqlite.org/fts5.html, section 4.4.3): the text stays where it is, the index follows by triggers. A running answer is
  -- empty in its row until it ends.
  CREATE VIRTUAL TABLE message_text USING fts5 (text, content = 'message', content_rowid = 'ordinal', tokenize = 'unicode61 remove_diacritics 2');
  CREATE TRIGGER message_text_insert AFTER INSERT ON message BEGIN
    INSERT INTO message_text (rowid, text) VALUES (new.ordinal, new.text);
  END;
  CREATE TRIGGER message_text_delete AFTER DELETE ON message BEGIN
    INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.ordinal, old.text);
  END;
  CREATE TRIGGER message_text_update AFTER UPDATE OF text ON message BEGIN
    INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.ordinal, old.text);
    INSERT INTO message_text (rowid, text) VALUES (new.ordinal, new.text);
  END;
  INSERT INTO message_text (message_text) VALUES ('rebuild');
  `,
  `
  -- What the model thought, beside what it answered; not searched.
  ALTER TABLE message ADD COLUMN thinking TEXT;
  ALTER TABLE message ADD COLUMN thinking_ms INTEGER;
  ALTER TABLE part ADD COLUMN thinking TEXT NOT NULL DEFAULT '';

  -- No reference to the conversation: a chat is set up before its first question makes it.
  CREATE TABLE chat_settings (
    owner TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    settings TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (owner, conversation_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- No unique name: the one writer sees to it, and a salvaged file keeps what it can.
  CREATE TABLE saved_prompt (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (owner, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Images of questions, as base64 text. A version of a question keeps the images of the one that it was made from.
  CREATE TABLE image (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    alt TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TABLE message_image (
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    image_id TEXT NOT NULL REFERENCES image (id),
    PRIMARY KEY (message_id, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX message_image_of ON message_image (image_id);
  CREATE TRIGGER image_unused AFTER DELETE ON message_image BEGIN
    DELETE FROM image WHERE id = old.image_id AND NOT EXISTS (SELECT 1 FROM message_image WHERE image_id = old.image_id);
  END;
  `,
];

/** Version of the schema this build writes, kept in `user_version`. */
export const SCHEMA_VERSION = migrations.length;

/** What a file of ours must have. */
export const tables = [
  ...(['conversation', 'message', 'part', 'reply', 'message_text', 'chat_settings', 'saved_prompt'] as const),
  ...(['image', 'message_image'] as const),
] as const;

/** What SQLite's check says of a search index that does not fit its texts. */
export const INDEX_DAMAGE = /fts5|inverted index/i;

/** Makes the search index anew from the texts. */
export function rebuildIndex(db: DatabaseSync): void {
  db.exec("INSERT INTO message_text (message_text) VALUES ('rebuild')");
}
