import '../agent/target.ts';
