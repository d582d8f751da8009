export const tunnelNode = 1;
