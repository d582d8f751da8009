import type { B } from './cycleB.ts';

export interface A {
  readonly b: B;
}
