import * as v from 'valibot';
import { utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { LogFields, Logger } from '../base/log.ts';
import { isGuest } from '../conversation/ports.ts';
import { modelName } from '../policy/requestParts.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { StoredClient } from './deviceStore.ts';

/** Where the lines of the audit go. */
export interface AuditSink {
  /** Keeps one line of JSON, its line break with it. @throws whatever a disk can fail with */
  append(line: string): void;
}

/** What a line is about; docs/SECURITY.md says what each means. */
export type AuditDeed =
  | 'pairing'
  | 'paired'
  | 'keyMade'
  | 'connected'
  | 'left'
  | 'turnedAway'
  | 'question'
  | 'chat'
  | 'http'
  | 'stream'
  | 'renamed'
  | 'scope'
  | 'revoked'
  | 'unused'
  | 'keyExpired'
  | 'identityReset'
  | 'paused'
  | 'resumed';

/** Who did it, or with whom it was done. */
export interface AuditedClient {
  readonly id?: string;
  readonly name: string;
}

export interface AuditTrailOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sink: AuditSink;
}

/**
 * Writes what remote clients did: who, what, how it went, how much. Never a text, a title, a key or a secret. A disk that fails stops nothing, and
 * a slow one holds up no answer: lines are written in the next turn, when what this one sends has left.
 */
export class AuditTrail implements Disposable {
  readonly #options: AuditTrailOptions;
  readonly #waiting: { readonly at: number; readonly rest: LogFields }[] = [];
  #isFailing = false;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
  }

  /** @param outcome `ok`, an error's code, or a status of HTTP */
  note(client: AuditedClient | undefined, what: AuditDeed, outcome: string | number = 'ok', more: LogFields = {}): void {
    const { clock } = this.#options;
    const who = client && { client: client.id, name: client.name };
    this.#waiting.push({ at: clock.now(), rest: { ...who, what, outcome, ...more } });
    if (this.#waiting.length === 1) clock.nextTurn(this.#writeAll);
  }

  /** Writes what waits. */
  dispose(): void {
    this.#writeAll();
  }

  readonly #writeAll = (): void => {
    for (const { at, rest } of this.#waiting.splice(0)) this.#write(`${JSON.stringify({ time: new Date(at).toISOString(), ...rest })}\n`);
  };

  #write(line: string): void {
    const { log, sink } = this.#options;
    try {
      sink.append(line);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.warn('the audit cannot be written', { cause: TunnelError.from(error).message });
      this.#isFailing = true;
    }
  }

  /** A client was let in, or an API key made. */
  noteNew(client: StoredClient): void {
    const { kind, scope, owner, expiresAt } = client;
    this.note(client, kind === 'key' ? 'keyMade' : 'paired', 'ok', {
      kind,
      scope,
      ...(expiresAt !== undefined && { until: new Date(expiresAt).toISOString() }),
      ...(isGuest(owner) && { guest: true }),
    });
  }

  /** A request of the chat contract that changes something has been answered, or any has been refused. */
  noteChat(client: AuditedClient, request: ChatRequest, error?: ErrorCode): void {
    const model = 'model' in request && v.is(modelName, request.model) ? { model: request.model } : {};
    const isQuestion = request.type === 'send' || request.type === 'edit' || request.type === 'regenerate' || request.type === 'continue';
    const bytes = isQuestion && 'text' in request ? { bytes: utf8(request.text).length } : {};
    const images = request.type === 'send' && request.images ? { images: request.images.length } : {};
    this.note(client, isQuestion ? 'question' : 'chat', error, { request: request.type, ...model, ...bytes, ...images });
  }
}
