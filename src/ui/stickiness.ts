/** How far from the end still counts as being there, px. */
export const END_DISTANCE_PX = 48;

export interface ScrollPosition {
  readonly top: number;
  readonly height: number;
  readonly viewHeight: number;
}

/**
 * Whether the transcript follows its end. It does until the person scrolls up, be it by a pixel, and again once they have scrolled down to
 * within {@link END_DISTANCE_PX} of the end.
 */
export class Stickiness {
  #isStuck = true;
  #last: ScrollPosition = { top: 0, height: 0, viewHeight: 0 };

  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Follow the end again, as after sending. */
  stick(): void {
    this.#isStuck = true;
  }

  /** Wheel, finger or key said *up*. */
  up(): void {
    this.#isStuck = false;
  }

  /** The position changed, and it was not the person. */
  moved(position: ScrollPosition): void {
    this.#last = position;
  }

  /** The position changed, whoever did it. */
  scrolled(position: ScrollPosition): void {
    const { top, height, viewHeight } = this.#last;
    this.#last = position;
    // Content that shrinks or a view that grows moves the position up too; that was nobody.
    const byHand = position.height >= height && position.viewHeight <= viewHeight;
    if (position.top < top) {
      if (byHand) this.#isStuck = false;
    } else if (position.top > top && distanceToEnd(position) <= END_DISTANCE_PX) this.#isStuck = true;
  }
}

export function distanceToEnd({ top, height, viewHeight }: ScrollPosition): number {
  return height - top - viewHeight;
}
