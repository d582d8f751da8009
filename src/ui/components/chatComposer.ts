import type { TemplateResult } from 'lit';
import type { ChatController } from '../chatController.ts';
import { attachmentsOf, canSend, draftOf, imagesOf, imageTrouble, isGenerating, modelOf, type ChatModel } from '../chatModel.ts';
import { contextLengthOf } from '../composerImages.ts';
import { contextUse } from '../contextUse.ts';
import './composerElement.ts';
import { html } from '../speech.ts';

/** What the composer needs of the chat it is in. */
export interface ComposerSurface extends Element {
  redraw(): void;
}

/** The composer with what the model says of it. */
export function composer(chat: ComposerSurface, model: ChatModel, controller: ChatController): TemplateResult {
  return html`<c2l-composer
    .draft=${draftOf(model)}
    .attachments=${attachmentsOf(model)}
    .images=${imagesOf(model)}
    .imageTrouble=${imageTrouble(model)}
    .contextLength=${contextLengthOf(model)}
    .canSend=${canSend(model)}
    .isGenerating=${isGenerating(model)}
    .isStopping=${model.stopping !== undefined}
    .models=${model.models ?? []}
    .model=${modelOf(model)}
    .prompts=${model.prompts}
    .contextUse=${contextUse(model)}
    @c2l-draft=${(event: CustomEvent<string>): void => {
      controller.setDraft(event.detail);
      chat.redraw();
    }}
    @c2l-send=${(): void => {
      if (controller.send()) chat.querySelector('c2l-transcript')?.toEnd();
      chat.redraw();
    }}
    @c2l-stop=${(): void => {
      controller.stop();
    }}
    @c2l-model=${(event: CustomEvent<string>): void => {
      controller.chooseModel(event.detail);
    }}
  ></c2l-composer>`;
}
