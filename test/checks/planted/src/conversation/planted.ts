import '../ollama/target.ts';
