import '../conversation/target.ts';
