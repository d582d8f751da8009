import type { Say } from '../base/say.ts';
import type { Quality } from '../protocol/status.ts';
import type { StatusInput } from './statusInput.ts';

/** The relay's host and port; an endpoint never holds more than that. */
export function hostOf({ event, tunnel }: Pick<StatusInput, 'event' | 'tunnel'>, t: Say): string {
  const endpoint = event.endpoint ?? tunnel.endpoint;
  return endpoint === undefined ? t('the relay') : endpoint.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
}

/** `1 browser`, `2 browsers`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Of the line to the relay. */
export function qualityWords(quality: Quality, t: Say): string {
  return {
    excellent: t('quality excellent'),
    good: t('quality good'),
    fair: t('quality fair'),
    poor: t('quality poor'),
    unknown: t('quality unknown'),
  }[quality];
}

/** Whole seconds, rounded up, so that a wait never reads 0 before it is over. */
export function seconds(ms: number): string {
  return `${String(Math.ceil(ms / 1000))} s`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long something has lasted, in its largest whole unit: `40 s`, `12 min`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  const [unitMs, unit] = ms < MINUTE_MS ? [1000, 's'] : ms < HOUR_MS ? [MINUTE_MS, 'min'] : ms < DAY_MS ? [HOUR_MS, 'h'] : [DAY_MS, 'd'];
  return `${String(Math.floor(ms / unitMs))} ${unit}`;
}
