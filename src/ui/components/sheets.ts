// The list of chats, the sheets, and the taking in of files: what the first picture can do without. See openSheet.ts.
import './chatFilesElement.ts';
import './chatListElement.ts';
import './chatSettingsElement.ts';
import './modelsElement.ts';
import './promptsElement.ts';

export { takeFiles } from '../takeFiles.ts';
