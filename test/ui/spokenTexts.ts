import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { errorCatalogue } from '../../src/protocol/errors.ts';
import { badges } from '../../src/protocol/chatModels.ts';
import type { Quality } from '../../src/protocol/status.ts';
import { translateTemplate } from '../../src/ui/templateTexts.ts';
import { detailTexts } from '../status/detailTexts.ts';

const root = new URL('../../', import.meta.url);

/** Every text that the chat and the page can say: what is said, what is noted for later, what stands in templates, and the errors. */
export function spokenTexts(): ReadonlySet<string> {
  const found = new Set<string>(Object.values(errorCatalogue).flatMap(({ words, short }) => [words, short]));
  for (const text of badges) found.add(text);
  for (const detail of detailTexts()) found.add(detail);
  for (const quality of ['excellent', 'good', 'fair', 'poor', 'unknown'] satisfies Quality[]) found.add(`quality ${quality}`);
  for (const folder of ['src/ui/', 'src/web/', 'src/protocol/'])
    for (const name of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts')) for (const text of textsOf(readFileSync(new URL(folder + name, root), 'utf8'))) found.add(text);
  return found;
}

/** The texts of one source. */
export function textsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'html')
      translateTemplate(stringsOf(node.template), (text) => (found.push(text), text));
    if (ts.isCallExpression(node) && ['say', 'noted'].includes(node.expression.getText())) found.push(...literals(node.arguments[0]));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}

function literals(node: ts.Expression | undefined): string[] {
  if (node && ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  return node && ts.isStringLiteralLike(node) ? [node.text] : [];
}

function stringsOf(template: ts.TemplateLiteral): string[] {
  return ts.isNoSubstitutionTemplateLiteral(template)
    ? [template.text]
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
}
