import MarkdownIt from 'markdown-it';

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): string };
}

/** What most chats do: parse the whole answer again with each frame, and replace all that is drawn. For comparison only. */
class NaiveRenderer {
  readonly #markdown = new MarkdownIt({ html: false, linkify: true });
  readonly #policy = (window as unknown as { readonly trustedTypes: TrustedTypesFactory }).trustedTypes.createPolicy('c2l-test', {
    createHTML: (text) => text,
  });

  /** Takes the place of the running answer. @returns what takes its pieces */
  start(): (piece: string) => void {
    const host = document.createElement('div');
    host.className = 'markdown';
    document.querySelector('[role=article]:last-of-type')?.append(host);
    const scroller = document.querySelector('.scroller');
    let text = '';
    let isAsked = false;
    return (piece) => {
      text += piece;
      if (isAsked) return;
      isAsked = true;
      requestAnimationFrame(() => {
        isAsked = false;
        host.innerHTML = this.#policy.createHTML(this.#markdown.render(text));
        if (scroller) scroller.scrollTop = scroller.scrollHeight;
      });
    };
  }
}

declare global {
  interface Window {
    naive: NaiveRenderer;
  }
}

window.naive = new NaiveRenderer();
