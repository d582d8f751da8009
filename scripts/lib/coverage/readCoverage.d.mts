import type { IstanbulFile } from './istanbul.mjs';

/** Turns V8's counts into Istanbul's. */
export class CoverageReader {
  /** Files that a process was killed over. */
  readonly torn: number;
  untouched(): Generator<IstanbulFile>;
  /** @param folder of V8's files @returns one record for each source of each process */
  read(folder: string): Generator<IstanbulFile>;
}
