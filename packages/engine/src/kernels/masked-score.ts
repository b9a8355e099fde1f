// The value of hidden positions in masks, for all code that makes masks and all kernels that read them.

/** Replaces −Infinity: exp of it is 0 in every precision, yet differences of two of them are not NaN. */
export const maskedScore = -1e9;
