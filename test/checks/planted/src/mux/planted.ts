import '../tunnel/target.ts';
