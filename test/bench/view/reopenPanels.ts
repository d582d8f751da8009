import type { DemoPage } from '../../browser/ui/demoPage.ts';

/** How long a panel took to paint its newest messages, and all of them, ms. */
export interface PaintTimes {
  readonly newestMs: number;
  readonly wholeMs: number;
}

export interface Reopened {
  /** By what was done: shown again, moved, reloaded, opened twice. */
  readonly times: Readonly<Record<string, PaintTimes>>;
  /** What the two panels show in the end. */
  readonly rows: readonly (readonly string[])[];
  /** The answer as it is stored in the end. */
  readonly stored: string;
}

/** On the page of panels, in mid-answer: hides a panel and shows it, moves it, reloads it, and opens another. @throws when they differ */
export async function reopenPanels(demo: DemoPage, turnsOfChat: number): Promise<Reopened> {
  return demo.page.evaluate(async (turns) => {
    const { panels } = window;
    const [left, right] = [document.querySelector('#left'), document.querySelector('#right')];
    if (!left || !right) throw new Error('no places');
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    panels.fill(turns - 1);
    panels.models.answer = () => ({ pieces: Array.from({ length: 4_000 }, (_, i) => ` word${String(i)}`) });
    const panel = panels.panel();
    await panel.show(left, turns - 1);
    panel.controller?.setDraft('Go on?');
    panel.controller?.send();
    const running = (): string => panels.store.messages('owner', panels.conversationId, { limit: 1 }).messages[0]?.text ?? '';
    while (!running().includes('word20 ')) await frame();
    const measured: Record<string, { newestMs: number; wholeMs: number }> = {};
    const last = (picture: readonly string[]): string => picture.at(-1)?.trim() ?? '';
    const show = async (name: string, which: typeof panel, place: Element): Promise<void> => {
      const known = running();
      measured[name] = await which.show(place, turns);
      if (!last(which.picture()).includes(known)) throw new Error(`${name}: what was stored is not shown`);
    };
    panel.hide();
    await frame();
    await show('shown', panel, left);
    await show('moved', panel, right);
    await show('reloaded', panel, right);
    const second = panels.panel();
    await show('opened twice', second, left);
    const [one, two] = [panel.picture(), second.picture()];
    // The running answer may be a frame further in one of them.
    if (JSON.stringify(one.slice(0, -1)) !== JSON.stringify(two.slice(0, -1))) throw new Error('they differ in mid-answer');
    if (!last(one).startsWith(last(two)) && !last(two).startsWith(last(one))) throw new Error('their answers differ in mid-answer');
    if (panels.models.running !== 1) throw new Error('the answer had ended');
    panel.controller?.stop();
    const answersLeft = (): number => panels.models.running;
    while (answersLeft() > 0) await frame();
    for (let i = 0; i < 30; i++) await frame();
    return { times: measured, rows: [panel.picture(), second.picture()], stored: running() };
  }, turnsOfChat);
}
