// The two 16-bit floating-point types, bit by bit: F16 (IEEE 754 binary16) and BF16 (the upper half of a float32).

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);
let f16Table: Float32Array | undefined;

/** The value of each of the 65 536 F16 bit patterns. */
export function f16Values(): Float32Array {
  f16Table ??= Float32Array.from({ length: 65_536 }, (_, bits) => f16ToNumber(bits));
  return f16Table;
}

/** F16 bits to a number. */
export function f16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Float32 to F16 bits, rounded to nearest, ties to even; too large becomes infinity. */
export function float32ToF16(value: number): number {
  one[0] = value;
  const bits = oneBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more: the tie above 65504 goes to even, which is infinity
  if (magnitude >= 0x38800000) return sign | shiftRoundingToEven(magnitude - 0x38000000, 13); // normal in F16: rebias 127 → 15
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  // Subnormal: the significand with its hidden bit, shifted until its unit is 2⁻²⁴.
  return sign | shiftRoundingToEven((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >>> 23));
}

/** Float32 to BF16 bits, rounded to nearest, ties to even; too large becomes infinity. */
export function float32ToBf16(value: number): number {
  one[0] = value;
  const bits = oneBits[0] ?? 0;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // a NaN must stay one when its low half goes
  return shiftRoundingToEven(bits, 16);
}

/** Drops `count` low bits; a carry may run into the exponent, which is just what rounding up means there. */
function shiftRoundingToEven(bits: number, count: number): number {
  const kept = bits >>> count;
  const dropped = (bits & (2 ** count - 1)) >>> 0;
  const half = 2 ** (count - 1);
  return dropped > half || (dropped === half && (kept & 1) === 1) ? kept + 1 : kept;
}
