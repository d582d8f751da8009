import MarkdownIt from 'markdown-it';
import { parseMarkdown } from '../../../src/ui/markdown/parseMarkdown.ts';
import { safeHref } from '../../../src/ui/markdown/safeUrl.ts';
import { StreamingMarkdown } from '../../../src/ui/markdown/streamingMarkdown.ts';

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): string };
}

/** markdown-it as it comes, with the product's options and nothing of the product's own. */
const reference = new MarkdownIt({ html: false, linkify: true });
reference.validateLink = () => true;
reference.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

const ownTags = /^(p|h[2-6]|ul|ol|li|em|strong|s|code|pre|span|div|button|a|br|hr|blockquote|table|thead|tbody|tr|th|td)$/;
/** What KaTeX builds with: MathML, its spans, and the lines of roots and arrows. */
const mathTags =
  /^(span|math|semantics|annotation|svg|path|line|m(?:row|i|n|o|s|text|space|frac|sqrt|root|sub|sup|subsup|under|over|underover|style|table|tr|td|labeledtr|padded|phantom|enclose|multiscripts|prescripts|error|action|glyph))$/;

/** Work with the Markdown view, for tests that need a real DOM. */
export class Spec {
  readonly #policy = (window as unknown as { readonly trustedTypes: TrustedTypesFactory }).trustedTypes.createPolicy('c2l-test', {
    createHTML: (text) => text,
  });

  /** Streams `source` in the given cuts, one paint after each. @returns what is drawn, and what markdown-it's own renderer draws */
  compare(source: string, size: number): { readonly drawn: string; readonly expected: string } {
    const host = this.#stream(source, () => size).host;
    const template = document.createElement('template');
    template.innerHTML = this.#policy.createHTML(reference.render(source));
    const result = { drawn: canonical(host), expected: canonical(template.content) };
    host.remove();
    return result;
  }

  /** Streams in random cuts and looks for what must not be there, then presses everything that can be pressed. */
  attack(source: string, cuts: readonly number[]): string[] {
    let at = 0;
    const { host } = this.#stream(source, () => cuts[at++ % cuts.length] ?? 1);
    const found = this.#forbidden(host);
    host.remove();
    return found;
  }

  /** The same once code is coloured and formulas are set, each in the view for the time that it takes. */
  async attackFinished(
    source: string,
    size: number,
  ): Promise<{ readonly found: string[]; readonly coloured: number; readonly set: number }> {
    const { host } = this.#stream(source, () => size);
    for (const element of host.querySelectorAll('.code-block')) {
      element.scrollIntoView();
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    await this.#finished(host);
    const counts = {
      coloured: host.querySelectorAll('[class^=code-]:not(.code-block, .code-head, .code-lines)').length,
      set: host.querySelectorAll('.math.set').length,
    };
    const found = this.#forbidden(host);
    host.remove();
    return { found, ...counts };
  }

  /** Observers report with a frame, then idle time comes; both chunks are loaded by the first who need them. */
  async #finished(host: Element): Promise<void> {
    await Promise.all([import('../../../src/ui/markdown/highlightCode.ts'), import('../../../src/ui/markdown/renderMath.ts')]);
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    let quiet = 0;
    let drawn = '';
    while (quiet < 6) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 600 }));
      const now = `${String(host.querySelectorAll('*').length)} ${host.textContent}`;
      quiet = now === drawn ? quiet + 1 : 0;
      drawn = now;
    }
  }

  #forbidden(host: HTMLElement): string[] {
    const found: string[] = [];
    for (const element of host.querySelectorAll('*')) {
      const tag = element.tagName.toLowerCase();
      const inMath = element.closest('.math') !== null;
      if (!(inMath ? mathTags : ownTags).test(tag)) found.push(`<${tag}>`);
      for (const { name, value } of element.attributes) {
        // What the editor's context menu asks of a block of code: always the same words, and nothing of the text.
        const isMenuMark = tag === 'div' && name === 'data-vscode-context' && value === '{"chatCode":true}';
        if (!isMenuMark && /^on|^src|^srcset$|^formaction$|^xlink|^id$|^data-(?!host$|fragment$)/i.test(name)) found.push(`${tag} ${name}`);
        if (name === 'style' && (!inMath || /url|expression|@|position: *fixed/i.test(value))) found.push(`${tag} style ${value}`);
        if (name === 'href' && (inMath || !/^(https?|mailto):/.test(value))) found.push(`${tag} href ${value}`);
        if (name === 'href' && (element.getAttribute('target') !== '_blank' || !(element.getAttribute('rel') ?? '').includes('noopener')))
          found.push('a without noopener');
      }
    }
    // What a press would open, without opening it.
    const onPress = (event: Event): void => {
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
      if (!link) return;
      event.preventDefault();
      if (!/^(https?|mailto):/.test((link as HTMLAnchorElement).href)) found.push(`opens ${(link as HTMLAnchorElement).href}`);
    };
    host.addEventListener('click', onPress);
    for (const element of host.querySelectorAll<HTMLElement>('a, button, [tabindex], .image-placeholder')) element.click();
    host.removeEventListener('click', onPress);
    return found;
  }

  /** Streams a long answer, one piece a paint, and counts what it cost. */
  work(source: string, size: number): { readonly removed: number; readonly parsed: number; readonly paints: number } {
    const host = document.createElement('div');
    document.body.append(host);
    let removed = 0;
    const count = (records: MutationRecord[]): void => {
      for (const { removedNodes } of records)
        for (const node of removedNodes) removed += 1 + (node instanceof Element ? node.querySelectorAll('*').length : 0);
    };
    const observer = new MutationObserver(count);
    observer.observe(host, { childList: true, subtree: true });
    const { view, paints } = this.#stream(source, () => size, host);
    count(observer.takeRecords());
    observer.disconnect();
    host.remove();
    return { removed, parsed: view.parsedCharacters, paints };
  }

  /** Blocks of `source` as far as they count. */
  blocks(source: string): number {
    return parseMarkdown(source).length;
  }

  #stream(source: string, size: () => number, host: HTMLElement = document.createElement('div')) {
    if (!host.isConnected) document.body.append(host);
    const view = new StreamingMarkdown(host);
    let paints = 0;
    for (let end = 0; end < source.length;) {
      end = Math.min(source.length, end + Math.max(1, size()));
      view.update(source.slice(0, end), false);
      paints += 1;
    }
    view.update(source, true);
    return { host, view, paints };
  }
}

/** A DOM as text that is the same for the same content, without what the chat adds around it. */
function canonical(root: ParentNode): string {
  return [...root.childNodes]
    .map(write)
    .join('')
    .replace(/\s*(<\/?(?:p|h\d|ul|ol|li|blockquote|pre|hr|table|thead|tbody|tr|th|td)\b[^>]*>)\s*/g, '$1')
    .replace(/\s*<br>\s*/g, '<br>')
    .trim();
}

function write(node: Node): string {
  if (node instanceof Text) return node.data.replace(/[&<>]/g, (char) => `&#${String(char.charCodeAt(0))};`);
  if (!(node instanceof Element)) return '';
  const tag = node.tagName.toLowerCase();
  const children = (): string => [...node.childNodes].map(write).join('');
  if (node.matches('.code-block')) return `<pre>${code(node.querySelector('code'))}</pre>`;
  if (node.matches('.table-frame')) return children();
  if (node.matches('.open-picture')) return '';
  if (tag === 'pre') return `<pre>${code(node)}</pre>`;
  if (node.matches('.image-placeholder') || tag === 'img') return '<img>';
  if (tag === 'a') {
    // Both sides by the same rule: what is not opened has no address.
    const href = safeHref(node.getAttribute('href') ?? '') ?? '';
    return `<a ${href}>${children()}</a>`;
  }
  const level = /^h(\d)$/.exec(tag)?.[1];
  const name = level === undefined ? tag : `h${String(node.closest('div') ? Number(level) : Math.min(6, Number(level) + 1))}`;
  const start = node.getAttribute('start');
  const align = /(left|center|right)/.exec(`${node.getAttribute('style') ?? ''} ${node.getAttribute('class') ?? ''}`)?.[1] ?? '';
  return `<${name}${start === null ? '' : ` start=${start}`}${align}>${children()}${tag === 'br' || tag === 'hr' ? '' : `</${name}>`}`;
}

function code(node: Element | null): string {
  return JSON.stringify(node?.textContent ?? '');
}

declare global {
  interface Window {
    spec: Spec;
  }
}

window.spec = new Spec();
