import type ts from 'typescript';

/** A half-open range of offsets in a source. */
export interface Probe {
  readonly start: number;
  readonly end: number;
}
export interface Probes {
  readonly file: ts.SourceFile;
  readonly statements: readonly Probe[];
  readonly functions: readonly { readonly name: string; readonly at: Probe; readonly probe: Probe }[];
  readonly branches: readonly { readonly type: string; readonly at: Probe; readonly arms: readonly (Probe | undefined)[] }[];
}
export function findProbes(path: string, text: string): Probes;
