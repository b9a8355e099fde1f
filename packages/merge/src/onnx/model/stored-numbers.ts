// A tensor's numbers as they lie in the model's file, or in one beside it.

import type { ByteSource } from "@lowrank/safetensors";
import type { OnnxTensor } from "./onnx-model.ts";

/** A shape as a matrix's: what is behind the first axis are columns, a convolution's kernel among them. */
export function rowsAndColumns([rows = 0, ...rest]: readonly number[]): readonly [rows: number, columns: number] {
  return [rows, rest.reduce((product, size) => product * size, 1)];
}

/** Some of a tensor's bytes, from where they are. */
export async function storedBytes(
  bytes: OnnxTensor["bytes"],
  [begin, end]: readonly [number, number],
  outside: ReadonlyMap<string, ByteSource>,
): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes.subarray(begin, end);
  if (bytes === undefined) return new Uint8Array();
  return outside.get(bytes.location)!.read(bytes.offset + begin, end - begin);
}
