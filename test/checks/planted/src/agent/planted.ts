import '../relay/target.ts';
