import '../tunnel/web/target.ts';
