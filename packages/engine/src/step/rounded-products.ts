// Lets a caller trade exactness for speed. Only generation does; training and measuring stay exact.

let isAllowed = false;

/**
 * Runs `compute`. Its products with block-quantized matrices may round the other factor to 8 bits, with one scale for 32
 * numbers (rms error of a product: 4e-3), if the engine has such products. They multiply the blocks without decoding them,
 * which takes a tenth of the time for one row. Products inside a gradient stay exact. `compute` must be synchronous.
 */
export function withRoundedProducts<T>(compute: () => T): T {
  const before = isAllowed;
  isAllowed = true;
  try {
    return compute();
  } finally {
    isAllowed = before;
  }
}

/** Whether a product may round now. */
export function mayRoundProducts(): boolean {
  return isAllowed;
}
