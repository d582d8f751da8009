import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { MAX_ATTACHMENTS, MAX_PROMPT_BYTES } from '../../src/protocol/limits.ts';
import { FakeDocument, fakeEditor, Range, Uri } from '../fakes/vscode.ts';
const { chosenFiles, selectedLines } = await import('../../src/views/editorContext.ts');

const uri = (name: string): Uri => Uri.file(`/workspace/${name}`);
const told = (): string[] => fakeEditor.messages.map(({ text }) => text);

describe('what of the editor goes with a question', () => {
  beforeEach(() => {
    fakeEditor.reset();
  });

  it('is whole lines of each selection, and no line that a selection only reaches', () => {
    assert.deepEqual(selectedLines(), []);
    const document = new FakeDocument(uri('src/a.ts'), 'typescript', 'one\ntwo\nthree\nfour');
    fakeEditor.activeEditor = { document, selections: [new Range(0, 1, 2, 0), new Range(1, 1, 1, 1), new Range(3, 2, 3, 3)] };
    assert.deepEqual(selectedLines(), [
      { path: 'src/a.ts', language: 'typescript', lines: { first: 1, last: 2 }, text: 'one\ntwo' },
      { path: 'src/a.ts', language: 'typescript', lines: { first: 4, last: 4 }, text: 'four' },
    ]);
  });

  it('is the files chosen in a list, else the one of the menu, else the one in use, as it is on the screen', async () => {
    fakeEditor.files.set(uri('a.py').toString(), utf8('a = 1\n'));
    fakeEditor.files.set(uri('LICENSE').toString(), utf8('free\n'));
    const open = new FakeDocument(uri('b.ts'), 'typescript', 'not saved yet');
    fakeEditor.documents.push(open);
    assert.deepEqual(await chosenFiles([uri('a.py'), [uri('a.py'), uri('b.ts'), 'no address']]), [
      { path: 'a.py', language: 'py', text: 'a = 1\n' },
      { path: 'b.ts', language: 'typescript', text: 'not saved yet' },
    ]);
    assert.deepEqual(await chosenFiles([uri('LICENSE'), []]), [{ path: 'LICENSE', language: '', text: 'free\n' }]);
    assert.deepEqual(await chosenFiles([]), []);
    fakeEditor.activeEditor = { document: open, selections: [] };
    assert.deepEqual(
      (await chosenFiles([])).map(({ path }) => path),
      ['b.ts'],
    );
    assert.deepEqual(told(), []);
  });

  it('names what is too long or no text, leaves folders out, and takes no more files than fit', async () => {
    fakeEditor.folders.add(uri('src').toString());
    fakeEditor.files.set(uri('big.log').toString(), new Uint8Array(MAX_PROMPT_BYTES + 1));
    fakeEditor.files.set(uri('cat.png').toString(), Uint8Array.of(137, 80, 0, 1));
    fakeEditor.documents.push(new FakeDocument(uri('long.txt'), 'plaintext', 'x'.repeat(MAX_PROMPT_BYTES + 1)));
    assert.deepEqual(await chosenFiles([undefined, ['src', 'big.log', 'cat.png', 'gone.txt', 'long.txt'].map(uri)]), []);
    // files are read side by side
    assert.deepEqual(told().sort(), [
      'big.log is too long for one question. Select the lines that matter.',
      'cat.png cannot be read as text.',
      'gone.txt cannot be read as text.',
      'long.txt is too long for one question. Select the lines that matter.',
    ]);
    const many = Array.from({ length: MAX_ATTACHMENTS + 1 }, (_, at) => uri(`${String(at)}.txt`));
    for (const one of many) fakeEditor.files.set(one.toString(), utf8('x'));
    assert.equal((await chosenFiles([undefined, many])).length, MAX_ATTACHMENTS);
  });
});
