import type { FramedApi } from './panelsMain.ts';

/** Inside the frame of a panel: asks the host for what the editor gives a webview. */
Object.assign(window, {
  acquireVsCodeApi: (): unknown => {
    const detail: FramedApi = {};
    window.frameElement?.dispatchEvent(new CustomEvent('c2l-api', { detail }));
    return detail.api;
  },
});
