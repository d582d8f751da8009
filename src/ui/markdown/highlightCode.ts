import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import makefile from 'highlight.js/lib/languages/makefile';
import php from 'highlight.js/lib/languages/php';
import powershell from 'highlight.js/lib/languages/powershell';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import scss from 'highlight.js/lib/languages/scss';
import shell from 'highlight.js/lib/languages/shell';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import type { CodeKind, CodeRun } from './codeRuns.ts';

// What models write most. Each knows its aliases itself.
const languages = {
  ...{ bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, lua, makefile, php, powershell, python },
  ...{ ruby, rust, scss, shell, sql, swift, typescript, xml, yaml },
};

/** Scopes of highlight.js by their first word. Those that are missing look like what they stand in. */
const kinds: Readonly<Record<string, CodeKind>> = {
  ...{ keyword: 'keyword', literal: 'keyword', built_in: 'type', type: 'type', class: 'type', number: 'number' },
  ...{ string: 'string', regexp: 'string', char: 'string', link: 'string', quote: 'comment', comment: 'comment', meta: 'comment' },
  ...{ title: 'name', section: 'name', name: 'keyword', tag: 'plain', 'selector-tag': 'keyword', 'selector-class': 'name' },
  ...{ 'selector-id': 'name', 'selector-pseudo': 'name', 'selector-attr': 'name', attr: 'name', attribute: 'name', symbol: 'number' },
  ...{ variable: 'name', 'template-variable': 'name', bullet: 'number', subst: 'plain', addition: 'added', deletion: 'removed' },
};

/** Takes what highlight.js finds as runs of text, where its own emitter would write HTML. */
class RunEmitter {
  readonly runs: CodeRun[] = [];
  readonly #scopes: CodeKind[] = ['plain'];

  startScope(name: string): void {
    const outer = this.#scopes.at(-1) ?? 'plain';
    this.#scopes.push(kinds[name.split('.')[0] ?? ''] ?? outer);
  }

  endScope(): void {
    this.#scopes.pop();
  }

  /** Its parser calls these two by their older names as well. */
  openNode(name: string): void {
    this.startScope(name);
  }

  closeNode(): void {
    this.endScope();
  }

  addText(text: string): void {
    this.#add({ kind: this.#scopes.at(-1) ?? 'plain', text });
  }

  __addSublanguage(emitter: unknown): void {
    if (emitter instanceof RunEmitter) for (const run of emitter.runs) this.#add(run);
  }

  finalize(): void {
    // Runs need no closing.
  }

  toHTML(): string {
    return '';
  }

  #add(run: CodeRun): void {
    if (run.text === '') return;
    const last = this.runs.at(-1);
    if (last?.kind !== run.kind) this.runs.push(run);
    else this.runs[this.runs.length - 1] = { kind: run.kind, text: last.text + run.text };
  }
}

const highlighter = hljs.newInstance();
highlighter.configure({ __emitter: RunEmitter });
for (const [name, language] of Object.entries(languages)) highlighter.registerLanguage(name, language);

/** What `text` is made of, or undefined when nothing is known of its language. The runs joined are `text` again. */
export function highlightCode(text: string, language: string): readonly CodeRun[] | undefined {
  const name = language.toLowerCase();
  if (!highlighter.getLanguage(name)) return undefined;
  const { _emitter: emitter } = highlighter.highlight(text, { language: name, ignoreIllegals: true });
  return emitter instanceof RunEmitter ? emitter.runs : undefined;
}
