// Script of the pairing panel: a countdown to the link's end, and the three buttons. It runs as a module.
const editor = acquireVsCodeApi();
const element = (id) => document.getElementById(id);
const main = document.querySelector('main');
const expiresAt = Number(main.dataset.expiresAt);

const timer = setInterval(count, 1000);
count();

function count() {
  const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000));
  element('left').textContent = seconds > 0 ? main.dataset.left.replace('{0}', String(seconds)) : main.dataset.over;
  if (seconds > 0) return;
  clearInterval(timer);
  main.classList.add('expired');
  for (const id of ['copy', 'open']) element(id).disabled = true;
}

element('copy').addEventListener('click', (event) => {
  editor.postMessage({ type: 'copy' });
  element('said').textContent = event.currentTarget.dataset.done;
});
element('open').addEventListener('click', () => editor.postMessage({ type: 'open' }));
element('renew').addEventListener('click', () => editor.postMessage({ type: 'renew' }));
element('link').addEventListener('focus', (event) => event.currentTarget.select());
