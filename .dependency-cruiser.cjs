// Who may import whom: ARCHITECTURE.md has the same table in words. test/checks/rooms.mjs runs these rules, and first proves on planted
// violations (test/checks/planted) that each of them still finds what it is there for.

/** Each room, and what it may import besides itself: rooms, or a file of one. */
const rooms = {
  base: [],
  protocol: ['base'],
  secure: ['base', 'protocol'],
  mux: ['base', 'protocol'],
  tunnel: ['base', 'protocol', 'secure', 'mux'],
  conversation: ['base', 'protocol', 'policy'],
  ollama: ['base', 'protocol', 'conversation/ports.ts'],
  policy: ['base', 'protocol'],
  status: ['base', 'protocol'],
  agent: ['base', 'protocol', 'secure', 'mux', 'tunnel', 'conversation', 'ollama', 'policy', 'status'],
  ui: ['base', 'protocol', 'status'],
  web: ['base', 'protocol', 'secure', 'mux', 'tunnel', 'ui'],
  views: ['base', 'protocol', 'status'],
  gateway: ['base', 'protocol', 'secure', 'mux', 'tunnel'],
  relay: ['base', 'protocol', 'secure', 'gateway'],
};

/** Packages that run anywhere, so neutral rooms may use them. */
const neutralPackages = ['valibot', '@noble/', '@scure/'];

const compositionRoots = '^src/(extension|cli)\\.ts$';
const neutral = {
  path: '^src/(base|protocol|secure|mux|tunnel|conversation|ollama|policy|status|agent|gateway)/',
  pathNot: '^src/[^/]+/(node|web)/',
};
const mayTouchNode = '^src/([^/]+/node/|relay/)|^src/(extension|cli)\\.ts$';

function roomRule([room, allowed]) {
  const targets = [room, ...allowed].map((target) => (target.endsWith('.ts') ? `${target.replaceAll('.', '\\.')}$` : `${target}/`));
  return {
    name: `room-${room}`,
    comment: `src/${room} may import ${allowed.length === 0 ? 'nothing' : allowed.join(', ')} of src`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: `^src/(${targets.join('|')})` },
  };
}

function rule(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(roomRule),
    rule('roots-not-pages', 'composition roots take the UI as built files', { path: compositionRoots }, { path: '^src/(ui|web)/' }),
    rule('only-known-rooms', 'a new room needs its row in this file', { path: `^src/(?!(${Object.keys(rooms).join('|')})/)[^/]+/` }, {}),
    rule('no-circular', 'a cycle has no first file to read', {}, { circular: true }),
    rule(
      'vscode-at-the-edge',
      'only views and extension.ts speak to the editor',
      { path: '^src/', pathNot: '^src/(views/|extension\\.ts$)' },
      { path: '^vscode$|@types/vscode' },
    ),
    rule(
      'no-node-in-neutral',
      'only */node/, relay and the roots touch Node',
      { path: '^src/', pathNot: mayTouchNode },
      { dependencyTypes: ['core'] },
    ),
    rule('neutral-not-node-folder', 'neutral code gets its adapters as arguments', neutral, { path: '^src/[^/]+/(node|web)/' }),
    rule('pages-not-node-folder', 'a page cannot run Node code', { path: '^src/(ui|web|[^/]+/web)/' }, { path: '^src/[^/]+/node/' }),
    rule(
      'node-not-web-folder',
      'Node cannot run page code',
      { path: '^src/[^/]+/node/|^src/(relay|gateway|views)/' },
      { path: '^src/[^/]+/web/' },
    ),
    rule('neutral-packages', `neutral rooms use ${neutralPackages.join(', ')} alone`, neutral, {
      path: 'node_modules/',
      pathNot: `node_modules/(${neutralPackages.join('|')})`,
    }),
    rule('src-not-test', 'production code imports neither tests nor the Ollama stand-in', { path: '^src/' }, { path: '^(test|scripts)/' }),
    rule(
      'src-not-dev-package',
      'what src imports at run time is a dependency',
      { path: '^src/' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only', 'npm'],
        pathNot: '@types/|@vscode/codicons',
      },
    ),
    rule('no-unresolvable', 'every import leads somewhere', {}, { couldNotResolve: true, pathNot: '^(vscode|node:sqlite)$' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out|\\.run|coverage)/|^test/(tools|checks/planted)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
