// What a header says of one tensor.

import type { Dtype } from "../dtypes.ts";

/** One tensor of a file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the data buffer. */
  readonly begin: number;
  /** One past the last byte, counted likewise. */
  readonly end: number;
}
