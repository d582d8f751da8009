import { german } from './german.ts';

/** The host writes this into the webview's document, before the script that draws. */
globalThis.c2lSpeech = german;
