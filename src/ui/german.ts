import texts from '../../l10n/ui.de.json' with { type: 'json' };
import type { Speech } from './speech.ts';
import { translateTemplate, type TranslatedTemplate } from './templateTexts.ts';

/** One for each place in the sources where a template stands, as Lit keeps its own. */
const templates = new WeakMap<TemplateStringsArray, TranslatedTemplate>();
const words: Readonly<Record<string, string>> = texts;

/** German; loaded only where it is spoken. */
export const german: Speech = {
  locale: 'de',
  texts: words,
  template(strings, values) {
    let template = templates.get(strings);
    if (!template) templates.set(strings, (template = translateTemplate(strings, (text) => words[text] ?? text)));
    return [template.strings, ...template.order.map((index) => values[index])];
  },
};
