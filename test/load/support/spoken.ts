/** A question to the model of the load runs: whose answer it is, how many pieces, and how long each is. */
export interface Question {
  readonly tag: string;
  readonly pieces: number;
  /** Letters that each piece is filled up with. */
  readonly filler: number;
}

export function questionText({ tag, pieces, filler }: Question): string {
  return `${tag} ${String(pieces)} ${String(filler)}`;
}

/** What the model says to such a question: each piece names its answer and its place, so that none can be taken for another. */
export function spokenPieces(text: string): string[] {
  const [tag = '', pieces = '0', filler = '0'] = text.split(' ');
  return Array.from({ length: Number(pieces) }, (_, place) => `${tag}:${String(place)}${'x'.repeat(Number(filler))} `);
}

export type Verdict = 'exact' | 'lost' | 'repeated' | 'crossed';

/** Judges what a reader has of an answer. Cut short is lost too. */
export function judge(question: Question, heard: string): Verdict {
  const expected = spokenPieces(questionText(question));
  if (heard === expected.join('')) return 'exact';
  const got = heard.split(' ').slice(0, -1);
  if (got.some((piece) => !piece.startsWith(`${question.tag}:`))) return 'crossed';
  return new Set(got).size < got.length ? 'repeated' : 'lost';
}
