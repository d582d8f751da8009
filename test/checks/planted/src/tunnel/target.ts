export const tunnel = 1;
