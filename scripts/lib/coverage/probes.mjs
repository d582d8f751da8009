import ts from 'typescript';

/**
 * Where one source file is asked whether it ran. A probe is a half-open range of offsets: the count of the range is the count of its
 * first character that runs. Statements, functions and branches are those of Istanbul.
 * @typedef {{ start: number, end: number }} Probe
 * @typedef {{ name: string, at: Probe, probe: Probe }} FunctionProbe
 * @typedef {{ type: string, at: Probe, arms: (Probe | undefined)[] }} BranchProbe an arm left out is what the others leave over
 * @typedef {{ file: ts.SourceFile, statements: Probe[], functions: FunctionProbe[], branches: BranchProbe[] }} Probes
 */

/** @returns {Probes} */
export function findProbes(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const found = { file, statements: [], functions: [], branches: [] };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || isDeclared(node)) return;
    if (isCountedStatement(node)) found.statements.push(rangeOf(node));
    addFunction(node, found);
    addBranch(node, found);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

function isDeclared(node) {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
}

const countedStatements = new Set([
  ts.SyntaxKind.ExpressionStatement,
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.ContinueStatement,
  ts.SyntaxKind.BreakStatement,
  ts.SyntaxKind.ReturnStatement,
  ts.SyntaxKind.SwitchStatement,
  ts.SyntaxKind.ThrowStatement,
  ts.SyntaxKind.TryStatement,
]);

function isCountedStatement(node) {
  if (countedStatements.has(node.kind)) return true;
  if (ts.isVariableDeclaration(node)) return node.initializer !== undefined;
  // The body of an arrow without braces is its return statement.
  return ts.isArrowFunction(node.parent) && node.parent.body === node && !ts.isBlock(node);
}

function addFunction(node, { functions }) {
  if (!ts.isFunctionLike(node) || node.body === undefined) return;
  const name =
    node.name && ts.isIdentifier(node.name)
      ? node.name.text
      : `(line ${String(node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1)})`;
  functions.push({ name, at: rangeOf(node), probe: entryOf(node.body) });
}

function addBranch(node, { branches }) {
  if (ts.isIfStatement(node)) {
    const otherwise = node.elseStatement && entryOf(node.elseStatement);
    branches.push({ type: 'if', at: rangeOf(node), arms: [entryOf(node.thenStatement), otherwise] });
  } else if (ts.isConditionalExpression(node)) {
    branches.push({ type: 'cond-expr', at: rangeOf(node), arms: [entryOf(node.whenTrue), entryOf(node.whenFalse)] });
  } else if (ts.isBinaryExpression(node) && isLogical(node) && !isInSameChain(node)) {
    branches.push({ type: 'binary-expr', at: rangeOf(node), arms: operandsOf(node).map(entryOf) });
  } else if (ts.isSwitchStatement(node)) {
    const arms = node.caseBlock.clauses.filter(({ statements }) => statements.length > 0).map(({ statements }) => entryOf(statements[0]));
    branches.push({ type: 'switch', at: rangeOf(node), arms });
  }
}

const logicalOperators = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

function isLogical(node) {
  return logicalOperators.has(node.operatorToken.kind);
}

/** `a && b && c` is one branch with three arms. */
function isInSameChain({ parent, operatorToken }) {
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === operatorToken.kind;
}

function operandsOf(node) {
  const { left, right, operatorToken } = node;
  const more = (side) => (ts.isBinaryExpression(side) && side.operatorToken.kind === operatorToken.kind ? operandsOf(side) : [side]);
  return [...more(left), ...more(right)];
}

/** What runs first when control enters `node`: of a block its first statement, or its closing brace when it is empty. */
function entryOf(node) {
  if (ts.isParenthesizedExpression(node)) return entryOf(node.expression);
  if (!ts.isBlock(node)) return rangeOf(node);
  const first = node.statements.find((statement) => !isHoisted(statement));
  return first ? rangeOf(first) : { start: node.getEnd() - 1, end: node.getEnd() };
}

/** Declares without running anything, and may stand elsewhere in a bundle. */
function isHoisted(statement) {
  return ts.isFunctionDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
}

function rangeOf(node) {
  return { start: node.getStart(), end: node.getEnd() };
}
