import '../protocol/target.ts';
