import '../secure/target.ts';
