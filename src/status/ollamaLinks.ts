/** Where Ollama is downloaded from. */
export const OLLAMA_DOWNLOAD_URL = 'https://ollama.com/download';
/** Where its models are listed. */
export const OLLAMA_LIBRARY_URL = 'https://ollama.com/library';
