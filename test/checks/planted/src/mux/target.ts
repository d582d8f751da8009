export const mux = 1;
