// A factor with another scale in it.

import type { AdapterTensor } from "../adapter.ts";

/** As it is, to the bit, where the factor is 1. */
export function multiplied({ shape, values }: AdapterTensor, factor: number): AdapterTensor {
  return { shape, values: factor === 1 ? values : values.map((value) => value * factor) };
}
