/** What of a template a person reads or hears, each as one text with `{0}`, `{1}`, … for its values. Words in bold and code belong to their sentence. */
const tags = /(<(?!\/?(?:b|code)>)[^>]*>)/;
const spoken = /(\s(?:aria-label|title|placeholder|alt)=")([^"]*)"/g;
/** Stands for a value while a template is one string: characters that no text has. */
const places = /\uE000(\d+)\uE001/g;

export interface TranslatedTemplate {
  readonly strings: TemplateStringsArray;
  /** Which value comes at which place. */
  readonly order: readonly number[];
}

/** Draws a template in other words. @param translate hears each text once; what it returns has the same places, in any order */
export function translateTemplate(strings: readonly string[], translate: (text: string) => string): TranslatedTemplate {
  const whole = strings.reduce((before, part, index) => `${before}\uE000${String(index - 1)}\uE001${part}`);
  const parts = whole
    .split(tags)
    .map((part, index) =>
      index % 2 === 0
        ? inWords(part, translate)
        : part.replace(spoken, (_, name: string, text: string) => `${name}${inWords(text, translate)}"`),
    );
  const translated = parts.join('');
  const order = [...translated.matchAll(places)].map(([, index]) => Number(index));
  const pieces = translated.split(/\uE000\d+\uE001/);
  return { strings: Object.assign(pieces, { raw: pieces }), order };
}

function inWords(text: string, translate: (text: string) => string): string {
  if (!/\p{L}/u.test(text.replace(places, '').replace(/<[^>]*>/g, ''))) return text;
  const [, before = '', middle = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  const values: string[] = [];
  const key = middle.replace(/\s+/g, ' ').replace(places, (place) => `{${String(values.push(place) - 1)}}`);
  return before + translate(key).replace(/\{(\d+)\}/g, (_, index: string) => values[Number(index)] ?? '') + after;
}
