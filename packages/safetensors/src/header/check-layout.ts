// Checks that the tensors of a header fill the file without overlap.

import { printable } from "@lowrank/contracts/internal";
import type { TensorInfo } from "../byte-source.ts";
import { bitsOf } from "../dtypes.ts";
import { SafetensorsError } from "../errors.ts";

/** Every byte of the buffer belongs to exactly one tensor: no hole, no overlap, no tail in which another file could hide. */
export function checkLayout(
  tensors: readonly TensorInfo[],
  location: { readonly file: string; readonly dataBytes: number },
): void {
  let previousEnd = 0;
  for (const info of tensors) {
    checkTensor(info, previousEnd, location.file);
    previousEnd = info.end;
  }
  if (previousEnd === location.dataBytes) return;
  const problem = `The tensors cover ${previousEnd} bytes, but ${location.dataBytes} follow the header; the file was ${previousEnd > location.dataBytes ? "cut off" : "extended"}.`;
  throw new SafetensorsError("MetadataIncompleteBuffer", problem, { file: location.file });
}

function checkTensor(info: TensorInfo, previousEnd: number, file: string): void {
  const location = { file, tensor: info.name };
  if (info.begin !== previousEnd || info.end < info.begin) {
    const problem = `${labelOf(info)} has offsets [${info.begin}, ${info.end}], but the bytes before it end at ${previousEnd}.`;
    throw new SafetensorsError("InvalidOffset", problem, location);
  }
  const bits = countElements(info.shape) * bitsOf(info.dtype);
  if (!Number.isSafeInteger(bits)) {
    throw new SafetensorsError("ValidationOverflow", `${labelOf(info)} is larger than any file can be.`, location);
  }
  if (bits % 8 !== 0) {
    throw new SafetensorsError(
      "MisalignedSlice",
      `${labelOf(info)} has ${bits} bits, which is not a whole number of bytes.`,
      location,
    );
  }
  if (info.end - info.begin !== bits / 8) {
    const problem = `${labelOf(info)} needs ${bits / 8} bytes, but its offsets span ${info.end - info.begin}.`;
    throw new SafetensorsError("TensorInvalidInfo", problem, location);
  }
}

/** A tensor's name in errors. */
export function labelOf({ name, dtype, shape }: Pick<TensorInfo, "name" | "dtype" | "shape">): string {
  return `Tensor "${printable(name)}" (${dtype}, shape [${shape.join(", ")}])`;
}

/** Product of a shape; NaN if it, a partial product or a dimension is 2⁵³ or more, even if a later dimension is 0. */
export function countElements(shape: readonly number[]): number {
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(dimension) || !Number.isSafeInteger(product)) return Number.NaN;
  }
  return product;
}
