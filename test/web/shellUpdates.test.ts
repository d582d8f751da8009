import assert from 'node:assert/strict';
import { InstallOffer, isIosTab } from '../../src/web/installOffer.ts';
import { ShellUpdates } from '../../src/web/shellUpdates.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

class FakeWorker extends EventTarget {
  readonly said: unknown[] = [];
  postMessage(message: unknown): void {
    this.said.push(message);
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  active: FakeWorker | null = null;
  updates = 0;
  update(): Promise<void> {
    this.updates++;
    return Promise.reject(new TypeError('offline'));
  }
}

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = null;
  readonly registration = new FakeRegistration();
  isForbidden = false;
  register(): Promise<FakeRegistration> {
    return this.isForbidden ? Promise.reject(new Error('SecurityError')) : Promise.resolve(this.registration);
  }
}

describe('newer builds of the page', () => {
  let container: FakeContainer;
  let clock: FakeClock;
  let reloads: number;
  let updates: ShellUpdates;
  let released: boolean;
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' as const });
  beforeEach(() => {
    container = new FakeContainer();
    clock = new FakeClock();
    reloads = 0;
    released = false;
    updates = new ShellUpdates({
      container: container as unknown as ServiceWorkerContainer,
      clock,
      build: 'b1',
      locks: {
        request: async (name: string, _options: unknown, hold: () => Promise<void>) => {
          assert.equal(name, 'c2l-shell-b1');
          await hold();
          released = true;
        },
      } as unknown as LockManager,
      document,
      reload: () => {
        reloads++;
      },
    });
  });
  afterEach(() => {
    updates.dispose();
  });

  /** A worker comes, and has fetched its build. */
  function arrive(): FakeWorker {
    const worker = new FakeWorker();
    const { registration } = container;
    registration.installing = worker;
    registration.dispatchEvent(new Event('updatefound'));
    assert.equal(updates.isReady, false, 'while it is fetched');
    registration.installing = null;
    registration.waiting = worker;
    worker.dispatchEvent(new Event('statechange'));
    return worker;
  }

  it('are no news when the first one comes', async () => {
    await updates.start();
    arrive();
    assert.equal(updates.isReady, false);
    container.dispatchEvent(new Event('controllerchange'));
    assert.equal(updates.isReady, false);
  });

  it('are offered when they are there as a whole, and loaded when the worker has taken over', async () => {
    const old = new FakeWorker();
    container.registration.active = container.controller = old;
    const heard: boolean[] = [];
    updates.onDidChange((isReady) => heard.push(isReady));
    await updates.start();
    assert.deepEqual(old.said, ['tidy']);
    const next = arrive();
    assert.deepEqual(heard, [true]);
    assert.deepEqual(next.said, [], 'nobody has asked yet');
    updates.take();
    assert.deepEqual(next.said, ['takeOver']);
    assert.equal(reloads, 0);
    container.dispatchEvent(new Event('controllerchange'));
    assert.equal(reloads, 1);
  });

  it('are offered too when one waits already, or another tab took it', async () => {
    container.registration.active = container.controller = new FakeWorker();
    await updates.start();
    container.dispatchEvent(new Event('controllerchange'));
    assert.equal(updates.isReady, true);
    assert.equal(reloads, 0, 'this tab is not loaded anew by what another does');
    updates.take();
    assert.equal(reloads, 1);
  });

  it('are looked for once an hour at most, by a page that is looked at', async () => {
    container.registration.active = container.controller = new FakeWorker();
    await updates.start();
    const look = (): number => {
      document.dispatchEvent(new Event('visibilitychange'));
      return container.registration.updates;
    };
    assert.equal(look(), 0);
    await clock.advance(60 * 60_000);
    assert.equal(look(), 1);
    assert.equal(look(), 1);
  });

  it('are nobody’s concern where the browser forbids workers, and leave nothing behind', async () => {
    container.isForbidden = true;
    await updates.start();
    assert.equal(updates.isReady, false);
    assert.equal(released, false);
    updates.dispose();
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(released, true);
  });
});

describe('installing the page', () => {
  it('waits for a person, and is offered no longer once it was asked for', async () => {
    const window = new EventTarget();
    const heard: boolean[] = [];
    let asked = 0;
    const offer = new InstallOffer(window, (isThere) => heard.push(isThere));
    const event = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: () => {
        asked++;
        return Promise.reject(new Error('the person said no'));
      },
    });
    window.dispatchEvent(event);
    assert.deepEqual([heard, asked, event.defaultPrevented], [[true], 0, true]);
    await offer.ask();
    await offer.ask();
    assert.deepEqual([heard.at(-1), asked], [false, 1]);
    offer.dispose();
    window.dispatchEvent(event);
    assert.equal(heard.at(-1), false);
  });

  it('goes before pairing on an iPhone or iPad, where the home screen has a storage of its own', () => {
    const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1';
    const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15';
    assert.equal(isIosTab({ userAgent: iPhone, maxTouchPoints: 5, standalone: false }), true);
    assert.equal(isIosTab({ userAgent: iPhone, maxTouchPoints: 5, standalone: true }), false);
    assert.equal(isIosTab({ userAgent: mac, maxTouchPoints: 5 }), true, 'an iPad');
    assert.equal(isIosTab({ userAgent: mac, maxTouchPoints: 0 }), false);
    assert.equal(isIosTab({ userAgent: 'Mozilla/5.0 (Linux; Android 15) Chrome/140', maxTouchPoints: 5 }), false);
  });
});
