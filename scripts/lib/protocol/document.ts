import { linkFrames, muxFrames, pairingFrames } from './frames.ts';
import { chatReplies, chatRequests, chatShapes, httpHeads } from './schemas.ts';
import { closeCodesTable, errorsTable, httpRoutesTable, labelsTable, limitsTable, receivableTable, timersTable } from './tables.ts';
import { admissionVectors, handshakeVectors, secretVectors } from './vectors.ts';

/** The parts of docs/PROTOCOL.md that come from the code, by the name that stands in their marks. */
const blocks: Readonly<Record<string, () => string | Promise<string>>> = {
  'link frames': linkFrames,
  'frames by role': receivableTable,
  'close codes': closeCodesTable,
  'admission vectors': admissionVectors,
  labels: labelsTable,
  'secret vectors': secretVectors,
  'pairing frames': pairingFrames,
  'handshake vectors': handshakeVectors,
  'mux frames': muxFrames,
  'chat requests': chatRequests,
  'chat replies': chatReplies,
  'chat shapes': chatShapes,
  'http heads': httpHeads,
  'http routes': httpRoutesTable,
  limits: limitsTable,
  timers: timersTable,
  errors: errorsTable,
};

/** The document with every marked part as the code has it now. @throws when a mark is missing, doubled or unknown */
export async function writeGenerated(markdown: string): Promise<string> {
  const marked = [...markdown.matchAll(/^<!-- generated: (.+) -->$/gm)].map(([, name]) => name ?? '');
  const wanted = Object.keys(blocks);
  for (const name of new Set([...marked, ...wanted])) {
    const count = marked.filter((other) => other === name).length;
    if (count !== 1 || !wanted.includes(name)) throw new Error(`"generated: ${name}" is marked ${String(count)} times`);
  }
  let out = markdown;
  for (const [name, make] of Object.entries(blocks)) {
    const content = await make();
    const part = new RegExp(`^<!-- generated: ${name} -->$[\\s\\S]*?^<!-- end -->$`, 'm');
    if (!part.test(out)) throw new Error(`"generated: ${name}" has no end`);
    out = out.replace(part, () => `<!-- generated: ${name} -->\n\n${content}\n\n<!-- end -->`);
  }
  return out;
}
