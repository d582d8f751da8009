import '../status/target.ts';
