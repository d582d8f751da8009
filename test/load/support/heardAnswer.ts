import { judge, questionText, type Question, type Verdict } from './spoken.ts';
import { machineMs } from './farm.ts';

/** What a client has heard of one answer, and when. */
export class HeardAnswer {
  readonly question: Question;
  readonly askedAt = machineMs();
  text = '';
  /** When something came, on the machine's clock. */
  readonly arrivals: number[] = [];
  /** How it ended: `done`, or another word for what went wrong. Undefined while it goes on. */
  end: string | undefined;

  constructor(question: Question) {
    this.question = question;
  }

  get prompt(): string {
    return questionText(this.question);
  }

  add(text: string): void {
    if (text === '') return;
    this.text += text;
    this.arrivals.push(machineMs());
  }

  /** ms from the question to the first word; NaN when none came. */
  get firstMs(): number {
    return (this.arrivals[0] ?? NaN) - this.askedAt;
  }

  /** ms between two arrivals, each. */
  get gaps(): number[] {
    return this.arrivals.slice(1).map((at, index) => at - (this.arrivals[index] ?? at));
  }

  /** `failed`: it was refused by name, or all of it came and its end did not. */
  get verdict(): Verdict | 'failed' {
    if (this.text === '' && this.end !== undefined && this.end !== 'done') return 'failed';
    const verdict = judge(this.question, this.text);
    return verdict === 'exact' && this.end !== 'done' ? 'failed' : verdict;
  }
}
