import * as vscode from 'vscode';
import * as v from 'valibot';
import { every, type Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { AgentReady } from './editorAgent.ts';
import { METRICS_PANEL_TYPE } from './ids.ts';
import { metricsView, sampleOf, type MetricsSample } from './metricsView.ts';
import { escapeHtml, webviewHtml } from './webviewHtml.ts';

const SAMPLE_MS = 1_000;
/** Two minutes: what one looks at while something is slow. */
const KEPT_SAMPLES = 120;

/** What the panel's script (media/metrics.js) says. */
const fromPanel = v.object({ type: v.literal('ready') });

export interface MetricsPanelOptions {
  readonly agent: AgentReady;
  readonly extensionUri: vscode.Uri;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** *Show Connection Metrics*: one panel, which measures nothing itself and looks at what is known as long as it is open. */
export class MetricsPanel implements Disposable {
  readonly #options: MetricsPanelOptions;
  #panel: vscode.WebviewPanel | undefined;

  constructor(options: MetricsPanelOptions) {
    this.#options = options;
  }

  /** Opens the panel, or brings it to the front. */
  async show(): Promise<void> {
    const { control } = await this.#options.agent;
    if (this.#panel) this.#panel.reveal();
    else this.#panel = this.#create(control);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #create(control: AgentControl): vscode.WebviewPanel {
    const { extensionUri, clock, random, log } = this.#options;
    const title = vscode.l10n.t('Connection Metrics');
    const media = vscode.Uri.joinPath(extensionUri, 'media');
    const panel = vscode.window.createWebviewPanel(METRICS_PANEL_TYPE, title, vscode.ViewColumn.Active, {
      enableScripts: true,
      enableCommandUris: false,
      retainContextWhenHidden: false,
      localResourceRoots: [media],
    });
    const owned = new DisposableStore();
    const samples: MetricsSample[] = [sampleOf(control)];
    const draw = (): void => {
      if (panel.visible) void panel.webview.postMessage({ type: 'metrics', ...metricsView(samples, control) });
    };
    owned.add(
      every(clock, SAMPLE_MS, () => {
        samples.push(sampleOf(control));
        if (samples.length > KEPT_SAMPLES) samples.shift();
        draw();
      }),
    );
    panel.webview.onDidReceiveMessage((message: unknown) => {
      if (v.safeParse(fromPanel, message).success) draw();
      else log.warn('metrics panel: message refused');
    });
    panel.onDidDispose(() => {
      owned.dispose();
      this.#panel = undefined;
    });
    const document = { title, root: media, script: 'metrics.js', styles: ['metrics.css'], trustedTypes: `'none'`, body: body(title) };
    panel.webview.html = webviewHtml(panel.webview, document, random);
    return panel;
  }
}

function body(title: string): string {
  return `<main><h1>${escapeHtml(title)}</h1><div id="charts"></div><table><caption>${escapeHtml(vscode.l10n.t('All figures'))}</caption><tbody id="rows"></tbody></table></main>`;
}
