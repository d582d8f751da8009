import '../../../src/web/appElement.ts';
import '../../../src/web/versionLine.ts';
import type { AppElement } from '../../../src/web/appElement.ts';
import type { PairingState } from '../../../src/web/pairingState.ts';
import { keepAboveKeyboard } from '../../../src/web/keepAboveKeyboard.ts';
import { demoChats, demoLoaded, demoModels } from './demoFixtures.ts';
import { demoIdOf, DemoPort, type DemoChat } from './demoPort.ts';

export interface DemoOptions {
  /** No chats at all. */
  readonly isNew?: boolean;
  readonly standIn?: boolean;
  readonly noModels?: boolean;
  readonly isGuest?: boolean;
  /** What the page may do. Default: chat. */
  readonly scope?: 'local' | 'models';
}

const pageEvents = [
  ...['c2l-paste-link', 'c2l-pair', 'c2l-pair-retry', 'c2l-pair-cancel', 'c2l-pair-again', 'c2l-pair-another'],
  ...['c2l-computers', 'c2l-computer-show', 'c2l-computer-forget'],
];

/** What the tests reach of the page: the far end of its line, never its inside. */
export class Demo {
  readonly app: AppElement;
  port: DemoPort | undefined;
  events: { readonly type: string; readonly detail: unknown }[] = [];

  constructor(app: AppElement) {
    this.app = app;
    for (const type of pageEvents) {
      app.addEventListener(type, (event) => this.events.push({ type, detail: (event as CustomEvent<unknown>).detail }));
    }
  }

  pair(state: PairingState): void {
    this.app.port = undefined;
    this.app.pairing = state;
  }

  /** Opens the chat over a hub that outlives reloads of the page, as a real one does. */
  start({ isNew = false, standIn = false, noModels = false, isGuest = false, scope }: DemoOptions = {}): void {
    const kept = sessionStorage.getItem('demo.hub');
    const chats = kept === null ? demoChats(Date.now()) : new Map(JSON.parse(kept) as [string, DemoChat][]);
    if (isNew && kept === null) chats.clear();
    const port = new DemoPort(
      chats,
      { editorActions: false, showsConnection: true },
      { state: noModels ? 'noModels' : 'ok', version: '0.9.0', standIn },
    );
    if (scope !== undefined) port.scope = scope;
    port.guest = isGuest;
    port.desk.models = noModels ? [] : standIn ? [{ name: 'stand-in:latest', size: 1_000_000, parameterSize: '1M' }] : demoModels;
    port.desk.loaded = noModels || standIn ? [] : demoLoaded(Date.now());
    const desk = sessionStorage.getItem('demo.desk');
    if (desk !== null) port.desk.recall(desk);
    port.images = JSON.parse(sessionStorage.getItem('demo.images') ?? '{}') as Record<string, string>;
    window.addEventListener('pagehide', () => {
      sessionStorage.setItem('demo.desk', port.desk.keep());
      sessionStorage.setItem('demo.images', JSON.stringify(port.images));
      sessionStorage.setItem('demo.hub', JSON.stringify([...chats]));
    });
    this.port = port;
    this.app.port = port;
  }

  idOf(name: string): string {
    return demoIdOf(name);
  }

  get hub(): DemoPort {
    if (!this.port) throw new Error('start first');
    return this.port;
  }
}

declare global {
  interface Window {
    demo: Demo;
  }
}

const app = document.querySelector('c2l-app');
if (!app) throw new Error('no c2l-app');
keepAboveKeyboard(window);
window.demo = new Demo(app);
