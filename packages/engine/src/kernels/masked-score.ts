// What masks hold where a query must not look, for all that make masks and all kernels that read them.

/** Replaces −Infinity: exp of it is 0 in every precision, yet differences of two of them are not NaN. */
export const maskedScore = -1e9;
