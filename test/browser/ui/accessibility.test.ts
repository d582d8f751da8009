import assert from 'node:assert/strict';
import { Axe } from './axe.ts';
import { chatStates } from './chatStates.ts';
import { DemoPages } from './demoPage.ts';
import { walk } from './keyboardWalk.ts';
import { sizes, themes } from './looks.ts';

/** Says in three recipes how to come by a secure address, and has nothing to press. */
const WITHOUT_CONTROLS = 'an address that is not secure';

describe('accessibility in Chromium', () => {
  const pages = DemoPages.ofSuite('timed');
  const seen = new Set<string>();
  const walked = new Set<string>();

  chatStates.forEach((state, number) => {
    // Wide and narrow by turns: what axe looks at and where keys lead is nearly the same in both.
    const [size, options] = number % 2 === 0 ? (['desktop', sizes.desktop] as const) : (['phone', sizes.phone] as const);
    it(`finds no fault with ${state.name}, in every theme, and keys reach all of it`, async () => {
      const demo = await pages.open('/', { reducedMotion: 'reduce', ...options });
      await state.enter(demo);
      const axe = await Axe.on(demo.page);
      assert.deepEqual(await axe.faults(), [], size);
      for (const [theme, colours] of Object.entries(themes)) {
        await demo.page.emulateMedia(colours);
        assert.deepEqual(await axe.faultsOfColours(), [], `${theme}, ${size}`);
        seen.add(`${state.name} in ${theme}`);
      }
      await demo.page.emulateMedia(themes.light);
      const { missed, unseen, reached } = await walk(demo);
      assert.deepEqual({ missed, unseen }, { missed: [], unseen: [] }, size);
      assert.equal(reached > 0, state.name !== WITHOUT_CONTROLS);
      walked.add(state.name);
      assert.deepEqual(demo.faults, []);
      await demo.close();
    });
  });

  it('has looked at every state in each of three themes', () => {
    assert.equal(new Set(chatStates.map(({ name }) => name)).size, 68);
    assert.equal(seen.size, 68 * 3);
  });

  it('has reached every control of every state by the keyboard, and each shows that it has the focus', () => {
    assert.equal(walked.size, 68);
  });

  it('gives fingers at least 44 pixels, and nothing reaches beyond 300 pixels of width', async () => {
    const demo = await pages.open('/', { viewport: { width: 300, height: 640 }, hasTouch: true, isMobile: true });
    await demo.start({ chat: 'main' });
    await demo.articles.last().waitFor();
    const small = await demo.page.evaluate(() =>
      [...document.querySelectorAll('button')]
        .filter((button) => button.checkVisibility())
        .map((button) => ({ name: button.getAttribute('aria-label') ?? button.innerText, box: button.getBoundingClientRect() }))
        .filter(({ box }) => box.height < 44 || box.width < 44)
        .map(({ name, box }) => `${name} ${String(box.width)}×${String(box.height)}`),
    );
    assert.deepEqual(small, []);
    assert.ok(await demo.page.evaluate(() => document.documentElement.scrollWidth <= 300));
    await demo.close();
  });
});
