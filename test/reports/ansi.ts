/** A colour's escape sequence (ECMA-48 SGR). */
export const ANSI = /\u001b\[[\d;]*m/;
