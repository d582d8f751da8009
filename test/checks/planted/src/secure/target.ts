export const secure = 1;
