import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exposition } from '../../src/relay/metrics/exposition.ts';
import { familiesOf } from '../../src/relay/metrics/families.ts';
import { Histogram } from '../../src/relay/metrics/instruments.ts';
import { RelayMetrics } from '../../src/relay/metrics/relayMetrics.ts';
import { readProcess } from '../../src/relay/node/admin/processReading.ts';
import { root } from '../harness/paths.ts';
import { parsePromText } from './promText.ts';

/** Figures to look at: too different from relay to relay, or said better by another, to wake anybody. */
const notAlertedOn = [
  ...['c2l_relay_info', 'c2l_relay_links', 'c2l_relay_circuits', 'c2l_relay_parked_dials', 'c2l_relay_links_total'],
  ...[
    'c2l_relay_dials_total',
    'c2l_relay_dials_parked_total',
    'c2l_relay_circuits_total',
    'c2l_relay_frames_total',
    'c2l_relay_bytes_total',
  ],
  ...['c2l_relay_bus_circuits', 'c2l_relay_bus_pending_bytes'],
  ...['c2l_relay_first_record_seconds', 'c2l_relay_record_gap_seconds', 'nodejs_heap_size_used_bytes', 'process_cpu_seconds_total'],
];

const counts = { devices: 0, deviceLinks: 0, clientLinks: 0, circuits: 0, parkedDials: 0, backlogBytes: 0 };
const busReading = { kind: 'process', isUp: true, circuits: 0, nodes: 0, pendingBytes: 0 } as const;
const given = parsePromText(
  exposition(familiesOf(new RelayMetrics(), { counts, busReading, isDraining: false }, readProcess(1, new Histogram([1]).reading))),
);
const seriesNames = new Set(given.flatMap(({ samples }) => samples.map(({ name }) => name)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Each name of a metric in an expression, with what its labels must match. */
function selectors(expr: string): { name: string; matchers: [label: string, values: string[]][] }[] {
  return [...expr.matchAll(/\b((?:c2l|process|nodejs)_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = '', inside = '']) => ({
    name,
    matchers: [...inside.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, label = '', values = '']) => [label, values.split('|')]),
  }));
}

/** What these expressions ask for and no relay gives. */
function unknownOf(expressions: readonly string[]): string[] {
  return expressions.flatMap(selectors).flatMap(({ name, matchers }) => {
    if (!seriesNames.has(name)) return [name];
    const samples = given.flatMap(({ samples: all }) => all.filter((sample) => sample.name === name));
    return matchers
      .filter(([label]) => label !== 'job') // of the scraper
      .flatMap(([label, values]) =>
        values.filter((value) => !samples.some(({ labels }) => labels[label] === value)).map((value) => `${name} ${label}=${value}`),
      );
  });
}

function familiesIn(expressions: readonly string[]): Set<string> {
  return new Set(expressions.flatMap(selectors).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
}

const rules = [...read('deploy/alerts.yml').matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']) => expr);
interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[] }[];
}
const targets = (JSON.parse(read('deploy/dashboard.json')) as Dashboard).panels.flatMap((panel) => panel.targets);
const drawn = targets.map(({ expr }) => expr);

describe('the files for whoever watches a relay', () => {
  it('have rules about nothing but what a relay gives, in words that it uses', () => {
    assert.equal(rules.length, read('deploy/alerts.yml').match(/- alert: /g)?.length);
    assert.ok(rules.length >= 12);
    assert.deepEqual(unknownOf(rules), []);
  });

  it('have a rule for each figure that a relay gives, or it is written down why none', () => {
    const silent = given.map(({ name }) => name).filter((name) => !familiesIn(rules).has(name));
    assert.deepEqual(
      silent,
      given.map(({ name }) => name).filter((name) => notAlertedOn.includes(name)),
    );
    assert.deepEqual(
      notAlertedOn.filter((name) => !given.some((family) => family.name === name)),
      [],
    );
  });

  it('draw every figure, and no other', () => {
    assert.deepEqual(unknownOf(drawn), []);
    assert.deepEqual([...familiesIn(drawn)].sort(), given.map(({ name }) => name).sort());
    for (const { expr, legendFormat } of targets)
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        const [selector] = selectors(expr);
        const has = given.some(({ samples }) => samples.some(({ name, labels }) => name === selector?.name && label in labels));
        assert.ok(has, `${legendFormat} of ${expr}`);
      }
  });

  it('would be found out: a name or a word that no relay gives', () => {
    assert.deepEqual(unknownOf(['rate(c2l_relay_nothing_total[5m])', 'c2l_relay_links{role="device|nobody"}']), [
      'c2l_relay_nothing_total',
      'c2l_relay_links role=nobody',
    ]);
  });

  it('stand in the table of docs/RELAY.md, each figure once', () => {
    const rows = [...read('docs/RELAY.md').matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name = '']) => name);
    assert.deepEqual(rows.sort(), given.map(({ name }) => name).sort());
  });
});
