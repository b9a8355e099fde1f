// Levels of 8-bit integers.

/** The value of each byte as an int8. */
export const signedBytes: Float32Array = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);
