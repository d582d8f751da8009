import { LitElement } from 'lit';

/** An element that draws into the document itself, so that selection, find and one style sheet reach across the whole chat. */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
