export const tunnelWeb = 1;
