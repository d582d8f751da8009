import type { TunnelError } from '../../protocol/errors.ts';
import type { NodeAgent } from './createNodeAgent.ts';
import type { History } from './history.ts';
import type { LeaderLink } from './leaderLink.ts';

/** What a program is among those of its OS user. */
export type Seat =
  /** Nobody that it knows of leads; it is about to, or to find who does. */
  | { readonly kind: 'seeking' }
  | { readonly kind: 'leads'; readonly node: NodeAgent }
  | { readonly kind: 'follows'; readonly link: LeaderLink }
  /** Who leads does not answer. `history` is missing when it cannot be read. */
  | { readonly kind: 'stuck'; readonly link: LeaderLink; readonly error: TunnelError; readonly history?: History }
  /** It can neither lead nor follow. */
  | { readonly kind: 'refused'; readonly error: TunnelError };
