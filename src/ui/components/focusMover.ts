import type { ChatController } from '../chatController.ts';
import type { ChatModel } from '../chatModel.ts';
import type { TranscriptElement } from './transcriptElement.ts';

/** A control of a message, or the last message. */
export type FocusTarget = { readonly messageId: string; readonly control: string } | 'last';

/** Takes the focus to messages that are still on their way, as soon as they are there. */
export class FocusMover {
  #next: FocusTarget | undefined;

  want(target: FocusTarget): void {
    this.#next = target;
  }

  move({ conversation, goal, asked }: ChatModel, controller: ChatController, transcript: TranscriptElement | null): void {
    if (goal?.conversationId === conversation.id && conversation.messages.some(({ id }) => id === goal.messageId)) {
      controller.arrived();
      void transcript?.show(goal.messageId);
    }
    const next = this.#next;
    if (next === undefined || asked) return;
    this.#next = undefined;
    void transcript?.updateComplete.then(() => {
      if (next === 'last') {
        transcript.toEnd();
        transcript.focusLast();
      } else transcript.focusControl(next.messageId, next.control);
    });
  }
}
