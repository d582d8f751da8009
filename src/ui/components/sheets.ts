// The list of chats, the sheets, the editor of a question, and the taking in of files: what the first picture can do without. See openSheet.ts.
import './chatFilesElement.ts';
import './chatListElement.ts';
import './chatSettingsElement.ts';
import './modelsElement.ts';
import './promptsElement.ts';
import './questionEditor.ts';

export { takeFiles } from '../takeFiles.ts';
