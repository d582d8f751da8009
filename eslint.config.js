import eslint from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Rooms that touch neither Node nor the DOM: DESIGN, section 2. */
const neutralRooms = ['base', 'protocol', 'secure', 'mux', 'tunnel', 'conversation', 'ollama', 'policy', 'status', 'agent'];

const portInstead = 'Neutral rooms take clock, randomness, sockets and storage as arguments.';
const restrictedInNeutral = [
  ...['self', 'postMessage', 'importScripts', 'indexedDB', 'caches', 'location', 'navigator', 'localStorage'],
  ...['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'performance'],
  ...['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource', 'crypto', 'console'],
  ...['Buffer', 'process', 'global', 'setImmediate', 'require', '__dirname', '__filename'],
].map((name) => ({ name, message: portInstead }));

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name: a reader finds a definition in one jump.' };
const noBarrel = { selector: 'ExportAllDeclaration', message: 'Import from the file that defines it: no barrels.' };
const noWallClock = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
  message: 'Take a Clock as an argument.',
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'out/', '.run/', 'coverage/', 'media/', 'test/checks/planted/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', noDefaultExport, noBarrel],
      'no-console': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      // A class without state but with a lifetime or an interface to fill is fine.
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 300 }] },
  },
  {
    files: neutralRooms.map((room) => `src/${room}/**/*.ts`),
    ignores: ['src/*/node/**', 'src/*/web/**'],
    rules: {
      'no-restricted-globals': ['error', ...restrictedInNeutral],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: portInstead },
        { object: 'Math', property: 'random', message: portInstead },
        { object: 'globalThis', message: portInstead },
      ],
      'no-restricted-syntax': ['error', noDefaultExport, noBarrel, noWallClock],
    },
  },
  {
    // The two places where the machine's own clock and randomness become ports.
    files: ['src/base/clock.ts', 'src/base/random.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
  {
    // Its assertions compare constants on purpose: they hold today and must fail when a number changes.
    files: ['src/protocol/limits.ts'],
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  {
    files: ['test/**/*.ts', 'scripts/**/*.ts'],
    rules: {
      // Helpers of the tests print to the terminal.
      'no-console': 'off',
    },
  },
);
