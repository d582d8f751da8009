import './isNotThere.ts';
