import '../tunnel/node/target.ts';
