/** Up is from the end that connected to the server, down is back. */
export type Direction = 'up' | 'down';

/**
 * What can befall a line. `forMs` is how long it lasts; a fault without one happens once. Where a fault leaves connections in a state that
 * no TCP comes back from, they are reset when its time is over, as by a router that has forgotten them.
 */
export type Fault =
  /** Both ends get a FIN, wherever the bytes were. */
  | { readonly kind: 'cut' }
  /** Both ends get an RST. */
  | { readonly kind: 'reset' }
  /** Bytes vanish, both ways; new connections are accepted and say nothing. Then they are reset. */
  | { readonly kind: 'blackHole'; readonly forMs: number }
  /** Bytes of one direction vanish. Then the connection is reset. */
  | { readonly kind: 'oneWay'; readonly direction: Direction; readonly forMs: number }
  /** The connections of now are dead for good and nobody is told; new ones work. */
  | { readonly kind: 'halfOpen' }
  /** One end is gone with a FIN; the other is never told. */
  | { readonly kind: 'oneSided'; readonly side: 'near' | 'far' }
  /** One end gets a FIN, and may still send. */
  | { readonly kind: 'halfClose'; readonly side: 'near' | 'far' }
  /** Nothing is delivered; then all of it. */
  | { readonly kind: 'stall'; readonly forMs: number }
  | { readonly kind: 'slow'; readonly bytesPerSec: number; readonly forMs: number }
  | { readonly kind: 'latency'; readonly delayMs: number; readonly jitterMs: number; readonly forMs: number }
  | { readonly kind: 'split'; readonly pieceBytes: number; readonly forMs: number }
  /** Cut, and nobody listens. */
  | { readonly kind: 'refuse'; readonly forMs: number }
  /** Reset, and so is each new connection as soon as it is there. */
  | { readonly kind: 'resetNew'; readonly forMs: number }
  /** Cut again and again. */
  | { readonly kind: 'flap'; readonly everyMs: number; readonly forMs: number }
  /** One bit of the next byte is another. */
  | { readonly kind: 'garbage'; readonly direction: Direction }
  /** Cut, and whoever comes gets a page instead of what it asked for. */
  | { readonly kind: 'captive'; readonly status: 200 | 302 | 403; readonly forMs: number };
