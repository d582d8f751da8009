import type { Token } from 'markdown-it';
import { closingDelimiter } from './mathRules.ts';
import { textOf, type ElementNode, type MarkdownNode, type MathNode } from './markdownNode.ts';
import { directionControls, hostOf, isDeceptive, safeHref } from './safeUrl.ts';
import { say } from '../speech.ts';

/** The first level is the title of the chat. */
const HEADING_OFFSET = 1;
const LOWEST_HEADING = 6;

/** Elements that an answer may have besides headings, links, code and pictures, which have rules of their own. */
const plainTags: ReadonlySet<string> = new Set([
  'p',
  'blockquote',
  'ul',
  'ol',
  'li',
  'hr',
  'em',
  'strong',
  's',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
]);

/** Turns markdown-it's flat list of tokens into a tree. Tokens of an unknown type show their text, nothing else. */
export function tokensToNodes(tokens: readonly Token[]): MarkdownNode[] {
  const root: MarkdownNode[] = [];
  const open: { readonly token: Token; readonly children: MarkdownNode[] }[] = [];
  const here = (): MarkdownNode[] => open.at(-1)?.children ?? root;
  for (const token of tokens) {
    if (token.nesting === 1) {
      // The paragraphs of a tight list are hidden: their children belong to the item.
      open.push({ token, children: token.hidden ? here() : [] });
    } else if (token.nesting === -1) {
      const closed = open.pop();
      if (closed && !closed.token.hidden) here().push(...element(closed.token, closed.children));
    } else addLeaf(here(), token);
  }
  return root;
}

function addLeaf(into: MarkdownNode[], token: Token): void {
  switch (token.type) {
    case 'inline':
      for (const node of tokensToNodes(token.children ?? [])) add(into, node);
      return;
    case 'softbreak':
      add(into, { kind: 'text', text: '\n' });
      return;
    case 'hardbreak':
      add(into, plain('br'));
      return;
    case 'hr':
      add(into, plain('hr'));
      return;
    case 'code_inline':
      add(into, plain('code', [{ kind: 'text', text: token.content }]));
      return;
    case 'fence':
    case 'code_block':
      add(into, { kind: 'code', language: languageOf(token), text: token.content });
      return;
    case 'image':
      add(into, {
        kind: 'image',
        alt: textOf(tokensToNodes(token.children ?? [])),
        source: String(token.attrGet('src') ?? ''),
        isLinked: false,
      });
      return;
    case 'math_inline':
    case 'math_block':
      add(into, math(token));
      return;
    default:
      add(into, { kind: 'text', text: token.content });
  }
}

function add(into: MarkdownNode[], node: MarkdownNode): void {
  const last = into.at(-1);
  if (node.kind !== 'text' || last?.kind !== 'text') into.push(node);
  else into[into.length - 1] = { kind: 'text', text: last.text + node.text };
}

function element(token: Token, children: readonly MarkdownNode[]): readonly MarkdownNode[] {
  const { tag } = token;
  const level = /^h([1-6])$/.exec(tag)?.[1];
  if (level !== undefined) return [plain(`h${String(Math.min(LOWEST_HEADING, Number(level) + HEADING_OFFSET))}`, children)];
  if (tag === 'a') return [link(token, children)];
  if (tag === 'table') {
    const frame = { class: 'table-frame', tabindex: '0', role: 'group', 'aria-label': say('Table') };
    return [{ kind: 'element', tag: 'div', attributes: frame, children: [plain('table', children)] }];
  }
  if (!plainTags.has(tag)) return children;
  return [{ kind: 'element', tag, attributes: attributesOf(token), children }];
}

function attributesOf(token: Token): Record<string, string> {
  const start = token.tag === 'ol' ? token.attrGet('start') : null;
  const align = /^text-align:(left|center|right)$/.exec(String(token.attrGet('style') ?? ''))?.[1];
  return { ...(start === null ? {} : { start: String(start) }), ...(align === undefined ? {} : { class: `align-${align}` }) };
}

function link(token: Token, children: readonly MarkdownNode[]): ElementNode {
  const target = String(token.attrGet('href') ?? '');
  const shown = children.map(asLinkText);
  const href = safeHref(target);
  if (href !== undefined) {
    const title = token.attrGet('title');
    const deceptive = isDeceptive(textOf(shown), href) ? { class: 'deceptive', 'data-host': hostOf(href) } : {};
    const attributes = { href, target: '_blank', rel: 'noopener noreferrer', title: title === null ? href : `${String(title)}\n${href}` };
    return { kind: 'element', tag: 'a', attributes: { ...attributes, ...deceptive }, children: shown };
  }
  if (target.length > 1 && target.startsWith('#')) {
    // No `href`: the page's own fragment is its route. The transcript scrolls to the heading instead.
    const attributes = { role: 'link', tabindex: '0', 'data-fragment': target.slice(1), title: target };
    return { kind: 'element', tag: 'a', attributes, children: shown };
  }
  return { kind: 'element', tag: 'a', attributes: { class: 'not-opened', title: say('Not a web address: {0}', target) }, children: shown };
}

function asLinkText(node: MarkdownNode): MarkdownNode {
  if (node.kind === 'text') return { kind: 'text', text: node.text.replace(directionControls, '') };
  if (node.kind === 'image') return { ...node, isLinked: true };
  return node.kind === 'element' ? { ...node, children: node.children.map(asLinkText) } : node;
}

function plain(tag: string, children: readonly MarkdownNode[] = []): ElementNode {
  return { kind: 'element', tag, attributes: {}, children };
}

function math({ content, markup, info }: Token): MathNode {
  const isOpen = info === 'open';
  const source = markup + content + (isOpen ? '' : closingDelimiter(markup));
  return { kind: 'math', tex: content, source, isDisplayed: markup === '$$' || markup === '\\[', isOpen };
}

function languageOf(token: Token): string {
  return token.type === 'fence' ? (/^\S+/.exec(token.info.trim())?.[0] ?? '') : '';
}
