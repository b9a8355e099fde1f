// Conversion of 16-bit floats: f16 (IEEE 754 binary16) and bf16 (the upper half of a float32). Files store them and engines compute
// with them, so all packages must agree on every bit.

let table: Float32Array | undefined;

/**
 * The value of each of the 65 536 bit patterns of an f16, computed once. The table decodes more than twice as fast as arithmetic on
 * the bits, and includes infinities and NaN.
 */
export function f16Values(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => valueOfF16(bits));
  return table;
}

function valueOfF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The bit pattern of the nearest 16-bit float for each number, with ties to even. Numbers too large for an f16 become infinite; NaN
 * stays NaN.
 */
export function halfBits(values: Float32Array, kind: "f16" | "bf16"): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  // Two loops with one function call each, because V8 inlines a constant function: whole models are converted here.
  if (kind === "bf16") for (let index = 0; index < bits.length; index++) bits[index] = bf16Of(words[index]!);
  else for (let index = 0; index < bits.length; index++) bits[index] = f16Of(words[index]!);
  return bits;
}

function bf16Of(word: number): number {
  if (isNotANumber(word)) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

const smallestNormal = 0x38800000; // 2⁻¹⁴
const infiniteFrom = 0x477ff000; // 65 520, halfway between the largest f16 and the power of two above it
const exponentShift = 0x38000000; // the exponents' biases, 127 and 15, differ by 112

function f16Of(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fffffff;
  if (isNotANumber(word)) return sign | 0x7e00;
  if (size >= infiniteFrom) return sign | 0x7c00;
  if (size < smallestNormal) return sign | subnormalOf(size);
  return sign | ((size + 0xfff + ((size >>> 13) & 1) - exponentShift) >>> 13);
}

/** Multiples of 2⁻²⁴. */
function subnormalOf(size: number): number {
  const exponent = size >>> 23;
  const scaled = ((size & 0x7fffff) | 0x800000) * 2 ** (exponent - 126);
  const floor = Math.floor(scaled);
  const isUp = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  return isUp ? floor + 1 : floor;
}

function isNotANumber(word: number): boolean {
  return (word & 0x7fffffff) > 0x7f800000;
}
