import { systemClock, type Clock } from '../../src/base/clock.ts';
import { serveControl } from './control.ts';
import { defaultKnobs, type FakeOllamaKnobs } from './knobs.ts';
import type { FakeModel } from './models.ts';
import { isGenerating, type RequestRecord } from './requestLog.ts';
import { StandInServer } from './standInServer.ts';
import { StandInState } from './state.ts';

export interface FakeOllamaOptions extends Partial<FakeOllamaKnobs> {
  /** Default: one that is free. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Newest first. Default `stand-in:latest`. */
  readonly models?: readonly (string | ({ readonly name: string } & Partial<FakeModel>))[];
  readonly clock?: Clock;
  readonly seed?: number;
  /** Serves `/_standin/…`, so that another process can turn the knobs. Default off. */
  readonly control?: boolean;
}

/** A running stand-in for Ollama. */
export interface FakeOllama {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Everything that was asked, oldest first. */
  readonly requests: readonly RequestRecord[];
  /** The generating ones among them: asked once means one of these. */
  readonly asked: readonly RequestRecord[];
  /** Connections open now. */
  readonly openSockets: number;
  /** Pieces of text that wait at the gate. */
  readonly heldBack: number;
  /** With `gate: 'manual'`: lets the next `count` pieces out. */
  release(count?: number): void;
  /** Turns knobs. Resolves when a change of `refuse` has taken effect. */
  set(knobs: Partial<FakeOllamaKnobs>): Promise<void>;
  setModels(models: NonNullable<FakeOllamaOptions['models']>): void;
  /** Cuts everyone off, forgets loaded models, and is back after `ms` at the same port. */
  restart(ms?: number): Promise<void>;
  /** Leaves no socket behind. */
  close(): Promise<void>;
}

/** Starts a stand-in that behaves as Ollama does, and as badly as its knobs say. */
export async function startFakeOllama(options: FakeOllamaOptions = {}): Promise<FakeOllama> {
  const { port = 0, host = '127.0.0.1', models = ['stand-in:latest'], clock = systemClock, seed = 1, control = false, ...knobs } = options;
  const state = new StandInState(clock, seed, models);
  const server = new StandInServer(state, { ...defaultKnobs, ...knobs }, host, port);
  state.gate.setOpen(server.knobs.gate === 'open');
  await server.listen();
  const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

  const fake: FakeOllama = {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String(server.port)}`,
    port: server.port,
    requests: server.log.records,
    get asked() {
      return server.log.records.filter(isGenerating);
    },
    get openSockets() {
      return server.sockets.size;
    },
    get heldBack() {
      return state.gate.waiting;
    },
    release(count = 1) {
      state.gate.release(count);
    },
    async set(changed) {
      server.knobs = { ...server.knobs, ...changed };
      state.gate.setOpen(server.knobs.gate === 'open');
      if (server.knobs.refuse) await server.stop();
      else await server.listen();
    },
    setModels(changed) {
      state.setModels(changed);
    },
    async restart(ms = 0) {
      await server.stop();
      state.scheduler.unload();
      if (ms > 0) await pauseMs(ms);
      await server.listen();
    },
    close: () => server.stop(),
  };
  if (control) server.extra = (req, res) => serveControl(fake, req, res);
  if (server.knobs.refuse) await server.stop();
  return fake;
}
