import '../base/target.ts';
