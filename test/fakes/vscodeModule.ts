import { registerHooks } from 'node:module';

// Lets plain Node import views: `vscode` is test/fakes/vscode.ts. Import this file first, then the view with `await import(…)`.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: new URL('./vscode.ts', import.meta.url).href, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});
