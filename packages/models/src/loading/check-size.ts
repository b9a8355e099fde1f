// Whether the files' tensors can be held at all: known from their headers, before anything is allocated. A sparse file of a
// few kilobytes on disk can honestly claim a hundred gigabytes.

import { ModelTooLargeError } from "../errors.ts";
import type { BasePrecision } from "./base-precision.ts";
import type { LoadOptions } from "./load-options.ts";
import type { LoadingPlan } from "./plan-loading.ts";
import type { WeightSource } from "./weight-source.ts";

/** TensorFlow.js counts a tensor's values in 32 bits, of which one is the sign. */
const mostValues = 2 ** 31 - 1;

/** Bytes a value of a matrix takes at least, by precision; "as-stored" takes what the file takes. */
const leastBytes: Readonly<Record<Exclude<BasePrecision, "as-stored">, number>> = {
  float32: 4,
  bf16: 2,
  int8: 1,
  nf4: 0.5,
};

/** Throws ModelTooLargeError, naming every tensor that is too large, or saying what all of them need. */
export function checkSize(
  { fillings }: LoadingPlan,
  source: WeightSource,
  { leftIn, maxBytes = Number.POSITIVE_INFINITY, basePrecision = "float32" }: LoadOptions,
): void {
  if (leftIn !== undefined) return;
  const sizes = fillings.map(({ key, slot }) => {
    const values = slot.shape.reduce((product, size) => product * size, 1);
    const stored = source.tensors.get(key)?.byteLength ?? 0;
    const packed = basePrecision === "as-stored" ? Math.min(stored, 4 * values) : leastBytes[basePrecision] * values;
    return { tensor: key, values, bytes: slot.packing === undefined ? 4 * values : packed };
  });
  const tooLarge = sizes.filter(({ values }) => values > mostValues);
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  if (tooLarge.length > 0 || bytes > maxBytes)
    throw new ModelTooLargeError(source.name, { tensors: tooLarge, mostValues, bytes, maxBytes });
}
