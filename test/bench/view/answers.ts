import { longAnswer } from '../../ui/markdown/longAnswer.ts';

/** Answers of 80 kB: one of all kinds, and the two single blocks that are hardest on a view. */
export const answers: Readonly<Record<'prose' | 'fence' | 'table', string>> = {
  prose: longAnswer(80_000).slice(0, 80_000),
  fence: fill('```ts\n', (i) => `const line${String(i)} = compute('value ${String(i)}', ${String(i * 7)});\n`, '```\n'),
  table: fill(
    '| Name | Value | Remark |\n|:--|--:|---|\n',
    (i) => `| row ${String(i)} | ${String(i * 13)} | a remark about **row** ${String(i)} |\n`,
    '',
  ),
};

function fill(begin: string, line: (index: number) => string, end: string): string {
  let out = begin;
  for (let i = 0; out.length < 80_000 - end.length; i++) out += line(i);
  return out + end;
}
