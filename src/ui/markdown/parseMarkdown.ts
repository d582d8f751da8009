import MarkdownIt, { type Env, type Token } from 'markdown-it';
import type { MarkdownNode } from './markdownNode.ts';
import { mathRules, type MathEnv } from './mathRules.ts';
import { tokensToNodes } from './tokensToNodes.ts';

/** The one parser. Raw HTML is text; a link's target is judged by `safeHref` when the tree is made, so every well-formed one may parse. */
export const markdown = new MarkdownIt({ html: false, linkify: true });
markdown.validateLink = () => true;
// Only whole addresses become links: `README.md` and `main.rs` are names of files.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

markdown.use(mathRules);

/** Reference definitions met so far, in markdown-it's own shape. */
export type References = NonNullable<Env['references']>;

/** A block that stands at the top level of the source. Lines count from 0, `endLine` is the first after it. */
export interface BlockSpan {
  readonly type: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** Parses for drawing. `references` are used and added to. @param isGrowing more of it is to come */
export function parseMarkdown(source: string, references: References = {}, isGrowing = false): MarkdownNode[] {
  const env: MathEnv = { references, isGrowing };
  return tokensToNodes(markdown.parse(source, env));
}

/** Where the top-level blocks of a growing `source` stand; reference definitions count as blocks. Inline content is not parsed. */
export function topLevelBlocks(source: string, references: References): BlockSpan[] {
  const tokens: Token[] = [];
  const env: MathEnv = { references: { ...references }, isGrowing: true };
  markdown.block.parse(source, markdown, env, tokens);
  return tokens.flatMap((token) => {
    if (token.level !== 0 || token.nesting === -1 || token.map === null) return [];
    return [{ type: token.type, startLine: token.map[0], endLine: token.map[1] }];
  });
}
