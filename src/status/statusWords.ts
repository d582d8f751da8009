import type { StatusInput } from './statusInput.ts';

/** The relay's host and port; an endpoint never holds more than that. */
export function hostOf({ event, tunnel }: Pick<StatusInput, 'event' | 'tunnel'>): string {
  const endpoint = event.endpoint ?? tunnel.endpoint;
  return endpoint === undefined ? 'the relay' : endpoint.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
}

/** `1 browser`, `2 browsers`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Whole seconds, rounded up, so that a wait never reads 0 before it is over. */
export function seconds(ms: number): string {
  return `${String(Math.ceil(ms / 1000))} s`;
}
