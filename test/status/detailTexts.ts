import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { isErrorCode, sayDetail } from '../../src/protocol/errors.ts';

const root = new URL('../../', import.meta.url);
/** The rooms whose errors a person at the editor or the page reads with their details; those of relay and command line are for operators. */
const rooms = ['agent', 'conversation', 'mux', 'ollama', 'policy', 'protocol', 'secure', 'tunnel', 'views'];

/** What errors add to their words and a diagnosis notes of its hops, as `sayDetail` looks it up: its addresses, names and numbers are places. */
export function detailTexts(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const room of rooms)
    for (const name of readdirSync(new URL(`src/${room}/`, root), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts')) for (const text of detailsOf(readFileSync(new URL(`src/${room}/${name}`, root), 'utf8'))) found.add(text);
  return found;
}

function detailsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'TunnelError' && node.arguments?.[1]) collect(node.arguments[1]);
    if (ts.isVariableDeclaration(node) && node.initializer?.getText().startsWith('noted(')) collect(node.initializer);
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'note') collect(node.initializer);
    ts.forEachChild(node, visit);
  };
  const collect = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) add(node);
    else ts.forEachChild(node, collect);
  };
  const add = (node: ts.StringLiteralLike | ts.TemplateExpression): void => {
    const values = ts.isTemplateExpression(node) ? node.templateSpans : [];
    const text = ts.isTemplateExpression(node) ? node.head.text + values.map(({ literal }) => `7${literal.text}`).join('') : node.text;
    sayDetail(text, (key) => {
      if (/\p{Ll}{2}/u.test(key) && !isErrorCode(key)) found.push(key);
      return key;
    });
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}
