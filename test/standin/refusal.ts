/** An answer that is no success, thrown by a handler. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: string | object;
  /** Content-Type; the runner's own errors come without a charset. */
  readonly contentType: string;

  constructor(status: number, body: string | object, contentType = 'application/json; charset=utf-8') {
    super(`refused with ${String(status)}`);
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }

  static json(status: number, text: string): Refusal {
    return new Refusal(status, { error: text });
  }

  static text(status: number, text: string): Refusal {
    return new Refusal(status, text, 'text/plain');
  }

  static queueFull(): Refusal {
    return Refusal.json(503, 'server busy, please try again.  maximum pending requests exceeded');
  }
}
