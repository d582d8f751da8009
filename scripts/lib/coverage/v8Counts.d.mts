interface V8Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
export function paintCounts(functions: readonly { readonly ranges: readonly V8Range[] }[], length: number): Uint32Array;
