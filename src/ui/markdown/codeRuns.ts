/** What a piece of code is, as far as it has a colour of its own. */
export type CodeKind = 'plain' | 'keyword' | 'type' | 'number' | 'string' | 'comment' | 'name' | 'added' | 'removed';

/** A piece of code of one kind. */
export interface CodeRun {
  readonly kind: CodeKind;
  readonly text: string;
}
