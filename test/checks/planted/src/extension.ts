import './ui/target.ts';
