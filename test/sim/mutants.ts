import { readFileSync } from 'node:fs';

/** One change of the product's source. */
interface Edit {
  /** Under src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A fault planted in the product, which the simulator must find. Two guards against one fault are taken out together. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const resumeFrom = '    this.#next = received;\n';

export const mutants: readonly Mutant[] = [
  {
    name: 'resume goes on one byte too far',
    edits: [{ file: 'mux/sendSide.ts', find: resumeFrom, replace: '    this.#next = Math.min(received + 1, this.#highestSent);\n' }],
  },
  {
    name: 'resume repeats, and repeats are not dropped',
    edits: [
      { file: 'mux/sendSide.ts', find: resumeFrom, replace: '    this.#next = this.#consumed;\n' },
      {
        file: 'mux/receiveSide.ts',
        find: 'if (fresh > 0) {\n      this.#queue.push(bytes.slice(bytes.length - fresh));\n      this.#received = end;',
        replace: 'if (bytes.length > 0) {\n      this.#queue.push(bytes.slice());\n      this.#received += bytes.length;',
      },
    ],
  },
  {
    name: 'credit is forgotten at an attach',
    edits: [{ file: 'mux/muxStream.ts', find: '    this.needs.credit ||= this.receiveSide.received > 0;\n', replace: '' }],
  },
  {
    name: 'a stream whose OPEN never arrived goes on where it was',
    edits: [{ file: 'mux/streamTable.ts', find: '    stream.sendSide.restart();\n', replace: '' }],
  },
  {
    name: 'the hub does not know a request again',
    edits: [
      { file: 'conversation/turns.ts', find: 'if (first) respond(first);\n      else this.#changeOnce', replace: 'this.#changeOnce' },
    ],
  },
  {
    name: 'the port does not send again what was not answered',
    edits: [{ file: 'tunnel/tunnelChatPort.ts', find: '      ...this.#unanswered.values(),\n', replace: '' }],
  },
  {
    name: 'the port opens its conversations anew without where they stood',
    edits: [{ file: 'tunnel/tunnelChatPort.ts', find: "since ? { type: 'open', conversationId, since } : ", replace: '' }],
  },
  {
    name: 'a position of an earlier hub counts',
    edits: [
      {
        file: 'conversation/viewing.ts',
        find: 'since?.hubEpoch === source.hubEpoch ? since.sequence : undefined',
        replace: 'since?.sequence',
      },
    ],
  },
  {
    name: 'a killed answer is never marked',
    edits: [{ file: 'conversation/hub.ts', find: 'store.interruptRunning()', replace: '0' }],
  },
  {
    name: 'no checkpoints',
    edits: [
      {
        file: 'conversation/generation.ts',
        find: 'if (this.#trySave()) this.#bytesStored = this.#bytes;',
        replace: 'if (this.#bytes > 0) this.#bytesStored = this.#bytes;',
      },
    ],
  },
  {
    name: 'a silent line is believed for ever',
    edits: [
      { file: 'tunnel/link.ts', find: 'else this.#abandon(verdict);', replace: 'else this.#watch(timeoutMs, verdict);' },
      { file: 'mux/pinger.ts', find: 'else this.#events.onSilent();', replace: 'else this.#armDeadline(timeoutMs);' },
    ],
  },
  {
    name: 'the relay does not dial again for a client whose device has left',
    edits: [{ file: 'relay/clientLink.ts', find: 'this.#afterLeaving(this.#state.inHaste);', replace: 'return;' }],
  },
];

/** The mutated sources, by the address under which they are imported. @throws Error when an edit no longer has exactly one place */
export function sourcesOf(mutant: Mutant): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, replace } of mutant.edits) {
    const url = new URL(`../../src/${file}`, import.meta.url);
    const source = sources.get(url.href) ?? readFileSync(url, 'utf8');
    if (source.split(find).length !== 2) throw new Error(`${file} does not have exactly one place for "${mutant.name}"`);
    sources.set(
      url.href,
      source.replace(find, () => replace),
    );
  }
  return sources;
}
