import '../mux/target.ts';
