// All values of IEEE 754 binary16, looked up by their bits. `@lowrank/safetensors` and `@lowrank/engine` have the same ten
// lines: the three stand beside one another (ARCHITECTURE.md), and none should need another for so little.

let table: Float32Array | undefined;

/** The value of each of the 65 536 bit patterns, computed once. */
export function f16Values(): Float32Array {
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
