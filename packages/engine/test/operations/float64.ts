// The mathematics of the references, in float64 and as it is written in papers: slow, and with nothing in common with what
// it checks.

/** a [rows, inner] times b [inner, columns]. */
export function product(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const rows = inner === 0 ? 0 : a.length / inner;
  const columns = inner === 0 ? 0 : b.length / inner;
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let index = 0; index < inner; index++) sum += at(a, row * inner + index) * at(b, index * columns + column);
      result[row * columns + column] = sum;
    }
  }
  return result;
}

/** Maps each row of x to a row of the result. */
export function byRows(x: Float64Array, width: number, map: (row: Float64Array) => Iterable<number>): Float64Array {
  const result: number[] = [];
  for (let start = 0; start < x.length; start += width) {
    for (const value of map(x.subarray(start, start + width))) result.push(value);
  }
  return Float64Array.from(result);
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function softmax(scores: Float64Array): Float64Array {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** e^(−x²)·2x/√π·Σ (2x²)ⁿ/(1·3·…·(2n + 1)): every term has the sign of x, so nothing cancels. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (Math.exp(-x * x) * 2 * sum) / Math.sqrt(Math.PI);
}

/** An entry that is there. */
export function at<Value>(values: ArrayLike<Value>, index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`There is no entry ${index} among ${values.length}.`);
  return value;
}
