/** Reads the small part of VS Code's when clauses that our manifest uses: `false`, `!a`, `a`, `a == b`, `a != b`, `a =~ /r/`, `&&`, `||`. */
export function evaluateWhen(clause: string, context: Readonly<Record<string, unknown>>): boolean {
  return clause.split('||').some((side) => side.split('&&').every((term) => evaluateTerm(term.trim(), context)));
}

function evaluateTerm(term: string, context: Readonly<Record<string, unknown>>): boolean {
  if (term === 'false') return false;
  const match = /^(?<negated>!?)(?<key>[\w.]+)(?:\s*(?<operator>==|!=|=~)\s*(?<value>\S+))?$/.exec(term);
  if (!match?.groups) throw new Error(`when clause not understood: ${term}`);
  const { negated, key = '', operator, value = '' } = match.groups;
  if (!(key in context)) throw new Error(`unknown context key: ${key}`);
  const actual = context[key];
  switch (operator) {
    case '==':
      return String(actual) === value;
    case '!=':
      return String(actual) !== value;
    case '=~':
      return new RegExp(value.slice(1, -1)).test(String(actual));
    default:
      return Boolean(actual) !== (negated === '!');
  }
}
