import { SeededRandom } from '../../fakes/seededRandom.ts';

const words = 'the model keeps its window small and answers with care because every token costs time on this machine'.split(' ');

/** A long answer of all kinds of blocks, the same for the same length: prose, lists, code, tables, quotes, links. */
export function longAnswer(length: number): string {
  const random = new SeededRandom(7);
  const prose = (count: number): string => Array.from({ length: count }, () => words[random.int(words.length)]).join(' ');
  const kinds = [
    () => `## ${prose(4)}\n\n`,
    () =>
      `${prose(40)} **${prose(3)}** and *${prose(2)}*, see [${prose(2)}](https://example.com/${String(random.int(99))}).\n${prose(20)}.\n\n`,
    () => `- ${prose(8)}\n- ${prose(6)}\n  - ${prose(5)}\n  - \`${prose(1)}\`\n- ${prose(9)}\n\n`,
    () => `1. ${prose(9)}\n\n   ${prose(12)}\n\n2. ${prose(7)}\n\n   \`\`\`sh\n   echo ${prose(3)}\n   \`\`\`\n\n`,
    () => `\`\`\`ts\n${Array.from({ length: 12 }, (_, i) => `const line${String(i)} = '${prose(4)}';`).join('\n')}\n\`\`\`\n\n`,
    () =>
      `| ${prose(1)} | ${prose(1)} |\n|:--|--:|\n| ${prose(2)} | ${String(random.int(1000))} |\n| ${prose(3)} | ${String(random.int(1000))} |\n\n`,
    () => `> ${prose(14)}\n> ${prose(9)}\n\n`,
  ];
  let out = `# ${prose(3)}\n\n`;
  for (let i = 0; out.length < length; i++) out += kinds[i % kinds.length]?.() ?? '';
  return out;
}
