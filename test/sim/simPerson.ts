import assert from 'node:assert/strict';
import { isRunning } from '../../src/protocol/chatMessage.ts';
import { runningAnswer } from '../../src/ui/conversationModel.ts';
import type { SimDevice } from './simDevice.ts';
import type { PageLife, SimPage } from './simPage.ts';
import { someText } from './simTexts.ts';
import type { SimWorld } from './simWorld.ts';

/** How often a person looks at the screen, ms. */
const LOOK_MS = 100;
/** A person who has waited so long looks only now and then, ms. */
const PATIENCE_MS = 60_000;
const SELDOM_MS = 5_000;
/** A question that went with a page that was left is given up when the next page has stood this long without it, ms. */
const GIVE_UP_MS = 3_000;

export interface Question {
  readonly requestId: string;
  readonly prompt: string;
  readonly page: SimPage;
  /** The life of the page in which it was sent, or that has it in its queue. */
  life: PageLife;
  /** The person will stop the answer after so long. */
  readonly stopAfterMs: number | undefined;
  readonly sentAt: number;
  stopAsked: boolean;
  state: 'sent' | 'refused' | 'givenUp' | 'answered';
}

/** Asks one question after another, in whichever tab is there, sometimes stops the answer, and scrolls back as far as there is anything. */
export class SimPerson {
  readonly questions: Question[] = [];
  /** Looks no more. */
  isGone = false;
  readonly #world: SimWorld;
  readonly #device: SimDevice;
  readonly #pages: readonly SimPage[];
  readonly #onAsked: () => void;
  #turnsLeft: number;
  #pauseUntil = 0;
  #movedAt = 0;
  /** Since when a new page has stood without the question that its forerunner sent. */
  #missedSince: number | undefined;

  constructor(world: SimWorld, device: SimDevice, pages: readonly SimPage[], turns: number, onAsked: () => void) {
    this.#onAsked = onAsked;
    this.#world = world;
    this.#device = device;
    this.#pages = pages;
    this.#turnsLeft = turns;
    this.#lookAgain();
  }

  get isDone(): boolean {
    return this.#turnsLeft === 0 && this.#current === undefined;
  }

  get #current(): Question | undefined {
    const last = this.questions.at(-1);
    return last?.state === 'sent' ? last : undefined;
  }

  #lookAgain(): void {
    if (this.isGone) return;
    const waitsLong = this.#world.time.now - this.#movedAt > PATIENCE_MS;
    this.#world.in(waitsLong ? SELDOM_MS : LOOK_MS, () => {
      this.#look();
      this.#lookAgain();
    });
  }

  #look(): void {
    for (const { life } of this.#pages) if (life?.process.isAsleep === false) life.controller.loadOlder();
    const question = this.#current;
    if (question) this.#follow(question);
    else if (!this.isDone && this.#world.time.now >= this.#pauseUntil) this.#ask();
  }

  #ask(): void {
    const page = this.#world.pick(this.#pages);
    const life = page?.life;
    if (!page || !life || life.process.isAsleep) return;
    const { chance } = this.#world;
    const prompt = `${String(this.questions.length)}: ${someText(chance, chance.float() < 0.05 ? 10_000 : chance.int(200))}?`;
    life.controller.setDraft(prompt);
    if (!life.controller.send()) return;
    const requestId = life.controller.model.pending.at(-1)?.requestId;
    assert.ok(requestId !== undefined, 'what was sent is not on its way');
    const stopAfterMs = chance.float() < 0.25 ? this.#world.between(0, 4_000) : undefined;
    this.questions.push({ requestId, prompt, page, life, stopAfterMs, sentAt: this.#world.time.now, stopAsked: false, state: 'sent' });
    this.#missedSince = undefined;
    this.#movedAt = this.#world.time.now;
    this.#onAsked();
    this.#world.note(
      page.name,
      `asks ${JSON.stringify(prompt.slice(0, 12))}${stopAfterMs === undefined ? '' : `, to stop after ${String(stopAfterMs)}`}`,
    );
  }

  #follow(question: Question): void {
    const turn = this.#device.conversations.turns.find(({ requestId }) => requestId === question.requestId);
    if (!turn && this.#isQueued(question)) return;
    const refusal = question.life.watch.answered.get(question.requestId);
    if (!turn && refusal?.type === 'refused') this.#onRefused(question, refusal.error);
    else if (!turn) this.#considerGivingUp(question);
    else if (!this.#isRunning(turn.conversationId, turn.answer.id)) this.#finish(question, 'answered');
    else this.#considerStopping(question, turn.answer.id);
  }

  /** A question that is not confirmed outlives its page; behind an answer that broke off it goes when the person says so. */
  #isQueued(question: Question): boolean {
    const { life } = question.page;
    const state = life?.controller.model.pending.find(({ requestId }) => requestId === question.requestId)?.state;
    if (!life || state === undefined) return false;
    question.life = life;
    if (state === 'refused') return false;
    const { conversation } = life.controller.model;
    if (!life.process.isAsleep && conversation.phase === 'ready' && !runningAnswer(conversation))
      life.controller.sendNow(question.requestId);
    return true;
  }

  /** Only an answer that this person did not know of can be in the way: to a question that was given up and arrived after all. */
  #onRefused(question: Question, error: string): void {
    assert.equal(error, 'busy');
    assert.ok(
      this.questions.some(({ state }) => state === 'givenUp'),
      'refused as busy though nothing was under way',
    );
    question.life.controller.dismiss(question.requestId);
    this.#turnsLeft++;
    this.#finish(question, 'refused');
  }

  #considerGivingUp(question: Question): void {
    const now = question.page.life;
    if (!now || now === question.life || now.controller.model.conversation.phase !== 'ready') return;
    this.#missedSince ??= this.#world.time.now;
    if (this.#world.time.now - this.#missedSince >= GIVE_UP_MS) this.#finish(question, 'givenUp');
  }

  #considerStopping(question: Question, answerId: string): void {
    const { stopAfterMs, sentAt, page } = question;
    const life = page.life;
    if (stopAfterMs === undefined || !life || life.process.isAsleep || this.#world.time.now < sentAt + stopAfterMs) return;
    const { model } = life.controller;
    if (model.stopping !== undefined || runningAnswer(model.conversation)?.id !== answerId) return;
    question.stopAsked = true;
    life.controller.stop();
    this.#world.note(page.name, 'stops it');
  }

  #isRunning(conversationId: string, answerId: string): boolean {
    const { messages } = this.#device.conversations.messages('owner', conversationId, { limit: 1_000 });
    const state = messages.find(({ id }) => id === answerId)?.state;
    return state !== undefined && isRunning(state);
  }

  #finish(question: Question, state: Question['state']): void {
    question.state = state;
    this.#turnsLeft--;
    this.#movedAt = this.#world.time.now;
    this.#pauseUntil = this.#world.time.now + this.#world.between(0, 2_000);
    this.#world.note(question.page.name, `question ${state}`);
  }
}
