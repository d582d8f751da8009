export const ollama = 1;
