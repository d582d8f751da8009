import type { A } from './cycleA.ts';

export interface B {
  readonly a: A;
}
