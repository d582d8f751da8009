import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type * as vscode from 'vscode';
import { FakeWebview, Uri } from '../fakes/vscode.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
const { escapeHtml, webviewHtml } = await import('../../src/views/webviewHtml.ts');

function html(seed: number): string {
  const page = {
    title: 'a<b',
    root: Uri.file('/ext/dist/webview') as unknown as vscode.Uri,
    script: 'webview.js',
    styles: ['webview.css'],
    trustedTypes: 'lit-html c2l',
  };
  return webviewHtml(new FakeWebview() as unknown as vscode.Webview, page, new SeededRandom(seed));
}

describe('webviewHtml', () => {
  it('allows nothing but what its policy names', () => {
    const text = html(1);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const directives = new Map(policy.split('; ').map((directive) => [directive.split(' ')[0], directive]));
    const nonce = /<script type="module" nonce="([^"]+)"/.exec(text)?.[1] ?? 'none';
    assert.equal(directives.get('default-src'), `default-src 'none'`);
    assert.equal(directives.get('script-src'), `script-src 'nonce-${nonce}' https://*.vscode-cdn.net`);
    assert.equal(directives.get('style-src'), 'style-src https://*.vscode-cdn.net');
    assert.equal(directives.get('require-trusted-types-for'), `require-trusted-types-for 'script'`);
    assert.equal(directives.get('trusted-types'), 'trusted-types lit-html c2l');
    assert.equal(directives.has('connect-src'), false);
    assert.ok(!/unsafe-(inline|eval)/.test(policy));
  });

  it('has no inline script or style, and a new nonce each time', () => {
    assert.ok(!/<style|style=|\son[a-z]+=|<script[^>]*>[^<]/.test(html(1)));
    assert.notEqual(html(1), html(2));
  });

  it('cleans what it is given', () => {
    assert.ok(html(1).includes('<title>a&lt;b</title>'));
    assert.equal(escapeHtml(`<img src=x onerror="a('b')">&`), '&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;');
  });
});
