export const status = 1;
