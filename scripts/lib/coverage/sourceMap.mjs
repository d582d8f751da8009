const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Offsets at which the lines of `text` begin. */
export function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/**
 * Reads a source map (ECMA-426) from the side of the sources.
 * @param {{ mappings: string, sourcesContent: (string | null)[] }} map
 * @param {string} generated the bundle's text
 * @returns {{ source: number, generated: number }[][]} for each source its segments as offsets, in the order of the source
 */
export function segmentsBySource(map, generated) {
  const generatedStarts = lineStarts(generated);
  // A source that came with a map of its own may have no text: nothing of it is asked for.
  const sourceStarts = map.sourcesContent.map((text) => lineStarts(text ?? ''));
  const segments = map.sourcesContent.map(() => []);
  let source = 0;
  let line = 0;
  let column = 0;
  map.mappings.split(';').forEach((group, generatedLine) => {
    let generatedColumn = 0;
    for (const text of group.split(',')) {
      const [columnStep, sourceStep, lineStep = 0, sourceColumnStep = 0] = decodeNumbers(text);
      if (columnStep === undefined) continue;
      generatedColumn += columnStep;
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep;
      column += sourceColumnStep;
      segments[source].push({
        source: sourceStarts[source][line] + column,
        generated: firstInk(generated, generatedStarts[generatedLine] + generatedColumn),
      });
    }
  });
  for (const list of segments) list.sort((a, b) => a.source - b.source || a.generated - b.generated);
  return segments;
}

/** esbuild's segments begin at a line's indentation, which V8 does not count to the statement after it. */
function firstInk(text, from) {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at < text.length ? at : from;
}

/** Base 64 VLQ. */
function decodeNumbers(text) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = digits.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** The first segment inside a range of the source, or undefined: the bundle left that code out. */
export function firstSegmentIn(segments, { start, end }) {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle].source < start) low = middle + 1;
    else high = middle;
  }
  const found = segments[low];
  return found !== undefined && found.source < end ? found : undefined;
}
