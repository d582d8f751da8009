import { nothing, type TemplateResult } from 'lit';
import type { ComposerImage } from '../chatModel.ts';
import { fire } from './fire.ts';
import { attachIcon, cameraIcon, closeIcon } from './icons.ts';
import './imageElement.ts';
import { noted } from '../../base/say.ts';
import { html, say } from '../speech.ts';

const states: Readonly<Record<ComposerImage['state'], string>> = { sending: noted('Sending…'), ready: '', refused: noted('Not taken') };

/** The images of the question, each with a button that takes it out. */
export function thumbnails(images: readonly ComposerImage[], from: HTMLElement): TemplateResult | typeof nothing {
  if (images.length === 0) return nothing;
  return html`<ul class="thumbnails" aria-label="Images of the message">
    ${images.map(
      ({ info, state }) =>
        html`<li class=${state}>
          <c2l-image .image=${info}></c2l-image>
          ${state === 'ready' ? nothing : html`<span class="thumbnail-state">${say(states[state])}</span>`}
          <button
            type="button"
            class="icon-button small"
            aria-label="Remove ${info.alt}"
            @click=${(): void => {
              fire(from, 'c2l-drop-image', info.id);
              from.querySelector('textarea')?.focus();
            }}
          >
            ${closeIcon}
          </button>
        </li>`,
    )}
  </ul>`;
}

/** Buttons that choose files, and where there is one, open the camera. */
export function fileButtons(from: HTMLElement): TemplateResult {
  const choose = (event: Event): void => {
    const { currentTarget } = event;
    if (currentTarget instanceof HTMLElement && currentTarget.nextElementSibling instanceof HTMLInputElement)
      currentTarget.nextElementSibling.click();
  };
  const take = ({ target }: Event): void => {
    if (!(target instanceof HTMLInputElement)) return;
    const files = [...(target.files ?? [])];
    // The same file can be chosen again.
    target.value = '';
    if (files.length > 0) fire(from, 'c2l-take-files', files);
  };
  return html`<span class="file-buttons">
    <button type="button" class="icon-button" aria-label="Attach files" title="Attach images or text files" @click=${choose}>
      ${attachIcon}
    </button>
    <input type="file" multiple hidden @change=${take} />
    <button type="button" class="icon-button camera" aria-label="Take a photo" title="Take a photo" @click=${choose}>${cameraIcon}</button>
    <input type="file" accept="image/*" capture="environment" hidden @change=${take} />
  </span>`;
}
