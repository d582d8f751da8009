import type { GenerationSink } from '../../src/conversation/ports.ts';
import type { AnswerStats } from '../../src/protocol/chatMessage.ts';
import type { TunnelError } from '../../src/protocol/errors.ts';

export type Heard =
  'loading' | { readonly text: string } | { readonly thought: string } | { readonly end: AnswerStats } | { readonly error: TunnelError };

/** Writes down what a generation says. */
export class RecordingSink implements GenerationSink {
  readonly heard: Heard[] = [];
  onNext: () => void = () => undefined;

  onLoading(): void {
    this.#hear('loading');
  }

  onText(text: string): void {
    this.#hear({ text });
  }

  onThought(thought: string): void {
    this.#hear({ thought });
  }

  onEnd(end: AnswerStats): void {
    this.#hear({ end });
  }

  onError(error: TunnelError): void {
    this.#hear({ error });
  }

  get pieces(): string[] {
    return this.heard.flatMap((one) => (typeof one === 'object' && 'text' in one ? [one.text] : []));
  }

  get thoughts(): string[] {
    return this.heard.flatMap((one) => (typeof one === 'object' && 'thought' in one ? [one.thought] : []));
  }

  get text(): string {
    return this.pieces.join('');
  }

  get end(): AnswerStats | undefined {
    return this.heard.flatMap((one) => (typeof one === 'object' && 'end' in one ? [one.end] : []))[0];
  }

  get error(): TunnelError | undefined {
    return this.heard.flatMap((one) => (typeof one === 'object' && 'error' in one ? [one.error] : []))[0];
  }

  get isOver(): boolean {
    return this.end !== undefined || this.error !== undefined;
  }

  #hear(one: Heard): void {
    this.heard.push(one);
    this.onNext();
  }
}
