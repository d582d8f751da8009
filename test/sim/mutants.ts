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
];
