import jsQr from 'jsqr';
import { nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { systemClock } from '../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { parsePairingLink } from '../secure/pairingLink.ts';
import { LightElement } from '../ui/components/lightElement.ts';
import { html, say } from '../ui/speech.ts';

/** A CommonJS module: its types say that the function is its default's default. */
const readCode = jsQr as unknown as typeof jsQr.default;
/** How often the picture is searched, ms. */
const LOOK_MS = 200;
/** Longer side of the picture that is searched, px: a code that fills half of it is read, and a phone is not kept busy. */
const LOOK_PX = 720;
/** A camera that was forgotten goes off. */
const CAMERA_MS = 2 * 60_000;

/** Looks for a pairing code through the camera (W3C Media Capture), while it is in the document. Fires `c2l-paste-link`, bubbling, with the link. */
export class ScannerElement extends LightElement {
  static override readonly properties: PropertyDeclarations = { trouble: { state: true }, isOther: { state: true } };

  /** Why there is no picture. */
  declare trouble: string;
  /** A code was read that is not for pairing. */
  declare isOther: boolean;
  readonly #canvas = document.createElement('canvas');
  #camera = new DisposableStore();
  #nextLook: Disposable | undefined;

  constructor() {
    super();
    this.trouble = '';
    this.isOther = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#camera = new DisposableStore();
    void this.#open(this.#camera);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#camera.dispose();
    this.#nextLook?.dispose();
  }

  protected override render(): TemplateResult {
    if (this.trouble !== '') return html`<p class="wrong" role="alert">${this.trouble}</p>`;
    return html`<video class="camera" aria-label="Picture of the camera" playsinline muted></video>
      <p class="hint" role="status">
        ${this.isOther ? say('This code is not for pairing. ') : nothing}In the editor, <b>CloudToLocalLLM: Pair a Browser</b> shows it.
      </p>`;
  }

  async #open(camera: DisposableStore): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
      const stop = toDisposable(() => {
        for (const track of stream.getTracks()) track.stop();
      });
      if (camera.isDisposed) {
        stop.dispose();
        return;
      }
      camera.add(stop);
      await this.updateComplete;
      const video = this.querySelector('video');
      if (!video) return;
      video.srcObject = stream;
      await video.play();
      this.#look(video, camera);
      camera.add(
        systemClock.after(CAMERA_MS, () => {
          this.#fail(say('The camera was on for two minutes and saw no pairing code. Try again, or paste the link.'), camera);
        }),
      );
    } catch (error) {
      if (!camera.isDisposed) this.#fail(whyNot(error), camera);
    }
  }

  #look(video: HTMLVideoElement, camera: DisposableStore): void {
    if (camera.isDisposed) return;
    const text = this.#read(video);
    if (text !== undefined && isPairing(text)) {
      this.dispatchEvent(new CustomEvent('c2l-paste-link', { bubbles: true, detail: text }));
      return;
    }
    if (text !== undefined) this.isOther = true;
    this.#nextLook = systemClock.after(LOOK_MS, () => {
      this.#look(video, camera);
    });
  }

  /** What a QR code (ISO/IEC 18004) in the picture says. */
  #read(video: HTMLVideoElement): string | undefined {
    const scale = Math.min(1, LOOK_PX / Math.max(video.videoWidth, video.videoHeight, 1));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    if (width === 0 || height === 0) return undefined;
    Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return undefined;
    context.drawImage(video, 0, 0, width, height);
    return readCode(context.getImageData(0, 0, width, height).data, width, height)?.data;
  }

  #fail(trouble: string, camera: DisposableStore): void {
    camera.dispose();
    this.trouble = trouble;
  }
}

function isPairing(text: string): boolean {
  try {
    parsePairingLink(text);
    return true;
  } catch {
    return false;
  }
}

/** Names of W3C Media Capture, getUserMedia. */
function whyNot(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError') return say('The camera is not allowed for this page. Allow it beside the address, or paste the link.');
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return say('No camera was found. Paste the link, or type the code.');
  return say('The camera could not be started; another program may be using it. Paste the link, or type the code.');
}

customElements.define('c2l-scanner', ScannerElement);

declare global {
  interface HTMLElementTagNameMap {
    'c2l-scanner': ScannerElement;
  }
}
