// Where each weight lies in a graph model's data, and what it takes to put another value there.

import type * as tf from "@tensorflow/tfjs-core";

type Spec = tf.io.WeightsManifestEntry;

const bytesOfType: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Bytes of each weight, in the order of `specs`, as views of `data`. */
export function splitWeights(specs: readonly Spec[], data: Uint8Array): readonly Uint8Array[] {
  let offset = 0;
  return specs.map((spec) => {
    const bytes = data.subarray(offset, offset + lengthOf(spec, data, offset));
    offset += bytes.length;
    return bytes;
  });
}

function lengthOf({ shape, dtype, quantization }: Spec, data: Uint8Array, offset: number): number {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype !== "string") return size * (bytesOfType[quantization?.dtype ?? dtype] ?? 4);
  // Each text stands behind its length, in four bytes (tfjs-core, io_utils.ts).
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let end = offset;
  for (let index = 0; index < size; index += 1) end += 4 + view.getUint32(end, true);
  return end - offset;
}

/** The spec of a weight that is float32 from now on, whatever it was stored as. */
export function asFloats({ name, shape, group }: Spec): Spec {
  return { name, shape, dtype: "float32", ...(group === undefined ? {} : { group }) };
}
