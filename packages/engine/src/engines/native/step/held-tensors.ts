// What a text's calls read and write again and again – weights, keys, values –, lent to the library once for all of them.

import type { HeldTensor, NativeTensor } from "../runtime/native-tensor.ts";
import type { NativeValues } from "../runtime/onnx-model.ts";
import type { OnnxRuntime } from "../runtime/onnx-runtime.ts";

export class HeldTensors {
  readonly #held = new Map<NativeValues, HeldTensor>();

  constructor(private readonly runtime: OnnxRuntime) {}

  of(tensor: NativeTensor): HeldTensor {
    const known = this.#held.get(tensor.values);
    if (known !== undefined && isSameShape(known.shape, tensor.shape)) return known;
    known?.release();
    const made = this.runtime.hold(tensor);
    this.#held.set(tensor.values, made);
    return made;
  }

  release(): void {
    for (const held of this.#held.values()) held.release();
    this.#held.clear();
  }
}

function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}
