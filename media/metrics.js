// Script of the metrics panel: draws the curves and the table that the extension says, once a second. It runs as a module.
const editor = acquireVsCodeApi();
const SVG = 'http://www.w3.org/2000/svg';
/** A curve's own units; the style sheet gives it its size. */
const [WIDTH, HEIGHT] = [120, 40];
const charts = [];

addEventListener('message', ({ data }) => {
  if (data.type !== 'metrics') return;
  data.charts.forEach((chart, i) => (charts[i] ??= makeChart()).draw(chart));
  drawRows(data.rows);
});
editor.postMessage({ type: 'ready' });

function makeChart() {
  const figure = append(document.getElementById('charts'), document.createElement('figure'));
  const caption = append(figure, document.createElement('figcaption'));
  const title = append(caption, document.createElement('span'));
  const value = append(caption, document.createElement('output'));
  value.setAttribute('aria-live', 'off');
  const svg = append(figure, document.createElementNS(SVG, 'svg'));
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const path = append(svg, document.createElementNS(SVG, 'path'));
  return {
    draw(chart) {
      title.textContent = chart.title;
      value.textContent = chart.value;
      svg.setAttribute('aria-label', chart.spoken);
      path.setAttribute('d', pathOf(chart.points));
    },
  };
}

/** The newest point stands at the right edge; where nothing was known the curve is broken. */
function pathOf(points) {
  const top = Math.max(...points.map((point) => point ?? 0)) || 1;
  const left = WIDTH - points.length + 1;
  let isDown = false;
  return points
    .map((point, i) => {
      const step = point === null ? '' : `${isDown ? 'L' : 'M'}${left + i} ${(HEIGHT - 1 - (point / top) * (HEIGHT - 2)).toFixed(2)}`;
      isDown = point !== null;
      return step;
    })
    .join(' ');
}

/** Cells are changed in place, so that a screen reader is not thrown out of the table. */
function drawRows(rows) {
  const body = document.getElementById('rows');
  rows.forEach(([name, value], i) => {
    const row = body.rows[i] ?? makeRow(body);
    row.cells[0].textContent = name;
    if (row.cells[1].textContent !== value) row.cells[1].textContent = value;
  });
}

function makeRow(body) {
  const row = body.insertRow();
  append(row, document.createElement('th')).scope = 'row';
  row.insertCell();
  return row;
}

function append(parent, child) {
  parent.append(child);
  return child;
}
