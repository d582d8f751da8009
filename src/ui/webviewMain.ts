import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { startWebview, type WebviewApi } from './startWebview.ts';

declare function acquireVsCodeApi(): WebviewApi;

startWebview(acquireVsCodeApi(), { clock: systemClock, random: systemRandom });
