import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditFile } from '../../../src/agent/node/auditFile.ts';
import { AUDIT_FILES } from '../../../src/protocol/limits.ts';

const line = (n: number): string => `${JSON.stringify({ n, pad: 'x'.repeat(80) })}\n`;
const LINE_BYTES = line(100).length;

describe('the audit’s file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-audit-'));
    file = join(folder, 'audit.jsonl');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const numbers = (name: string): number[] =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((text) => (JSON.parse(text) as { n: number }).n);

  it('is for its user alone, and goes on where an earlier program ended', function () {
    new AuditFile(file).append(line(100));
    new AuditFile(file).append(line(101));
    assert.deepEqual(numbers('audit.jsonl'), [100, 101]);
    if (process.platform === 'win32') this.skip();
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('never outgrows its bound, keeps the newest lines whole, and lets the oldest file go', () => {
    const perFile = 10;
    let audit = new AuditFile(file, perFile * LINE_BYTES);
    const count = perFile * (AUDIT_FILES + 2) + 3;
    for (let n = 100; n < 100 + count; n++) {
      if (n % 7 === 0) audit = new AuditFile(file, perFile * LINE_BYTES);
      audit.append(line(n));
      for (const name of readdirSync(folder)) assert.ok(statSync(join(folder, name)).size <= perFile * LINE_BYTES, name);
    }
    assert.deepEqual(readdirSync(folder).sort(), ['audit.1.jsonl', 'audit.2.jsonl', 'audit.3.jsonl', 'audit.jsonl']);
    const kept = ['audit.3.jsonl', 'audit.2.jsonl', 'audit.1.jsonl', 'audit.jsonl'].flatMap(numbers);
    assert.equal(kept.length, perFile * (AUDIT_FILES - 1) + 3);
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, at) => 100 + count - kept.length + at),
    );
  });

  it('throws what the disk throws, and goes on when it can', () => {
    const audit = new AuditFile(file);
    mkdirSync(file);
    assert.throws(() => {
      audit.append(line(100));
    });
    rmSync(file, { recursive: true });
    audit.append(line(101));
    assert.deepEqual(numbers('audit.jsonl'), [101]);
  });

  it('may be deleted or emptied by hand while it is written', () => {
    const audit = new AuditFile(file);
    audit.append(line(100));
    rmSync(file);
    audit.append(line(101));
    writeFileSync(file, '');
    audit.append(line(102));
    assert.deepEqual(numbers('audit.jsonl'), [102]);
  });
});
