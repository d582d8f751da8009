import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { ImageInfo } from '../../protocol/chatImages.ts';
import { LightElement } from './lightElement.ts';
import { html, say } from '../speech.ts';

/** Where images are looked up: the chat that an image is in. */
interface ImageSource extends Element {
  imageData(imageId: string): string | undefined;
}

/** One image of a question, asked for when it is near the view. Its place is kept until it comes. */
export class ImageElement extends LightElement {
  static override readonly properties: PropertyDeclarations = { image: { attribute: false }, isNear: { state: true } };

  declare image: ImageInfo | undefined;
  declare isNear: boolean;
  #nearness: IntersectionObserver | undefined;

  constructor() {
    super();
    this.image = undefined;
    this.isNear = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#nearness = new IntersectionObserver(([entry]) => {
      this.isNear ||= entry?.isIntersecting === true;
    });
    this.#nearness.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#nearness?.disconnect();
  }

  protected override willUpdate(): void {
    if (this.image) this.style.aspectRatio = `${String(this.image.width)} / ${String(this.image.height)}`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { image } = this;
    if (!image) return nothing;
    const { alt, width, height, type, id } = image;
    const data = this.isNear ? this.closest<ImageSource>('c2l-chat')?.imageData(id) : undefined;
    if (data === undefined || data === 'missing') {
      const words = data === undefined ? alt : say('{0}: not there any more', alt);
      return html`<span class="image-place ${data ?? ''}" role="img" aria-label=${words}>${data ? words : nothing}</span>`;
    }
    return html`<img src="data:${type};base64,${data}" alt=${alt} title=${alt} width=${width} height=${height} />`;
  }
}

customElements.define('c2l-image', ImageElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-image': ImageElement;
  }
}
