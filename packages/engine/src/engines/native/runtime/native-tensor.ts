// Arrays of numbers with their shapes, borrowed by native code for one run or for many.

import { nativeCallError } from "../../../errors.ts";
import type { Address } from "./koffi.ts";
import { type ElementType, elementTypes, type NativeValues } from "./onnx-model.ts";

/** A tensor as a session sees it. */
export interface NativeTensor {
  readonly values: NativeValues;
  readonly shape: readonly number[];
  /** Required if the array's type is ambiguous: 16-bit floats are a Uint16Array. */
  readonly type?: ElementType | undefined;
}

/** Axes that a tensor may have. */
export const maxAxes = 12;

/** A tensor that stays lent from run to run, which spares two calls a run. Made by `OnnxRuntime.hold`. */
export class HeldTensor implements NativeTensor {
  readonly values: NativeValues;
  readonly shape: readonly number[];
  readonly type: ElementType | undefined;
  #address: Address;

  constructor(
    { values, shape, type }: NativeTensor,
    address: Address,
    private readonly free: (address: Address) => void,
  ) {
    this.values = values;
    this.shape = shape;
    this.type = type;
    this.#address = address;
  }

  /** The library's value over the same memory; 0 once it is released. */
  get address(): Address {
    return this.#address;
  }

  release(): void {
    if (this.#address !== 0n) this.free(this.#address);
    this.#address = 0n;
  }
}

/** Throws NATIVE_CALL_FAILED if native code would read memory outside the tensor. */
export function checkTensor(tensor: NativeTensor): void {
  const { values, shape } = tensor;
  if (tensor instanceof HeldTensor && tensor.address === 0n) throw nativeCallError("A tensor", "it was released");
  let size = 1;
  for (const axis of shape) size *= axis;
  if (values.length !== size || shape.length > maxAxes || size === 0)
    throw nativeCallError("A tensor", `${values.length} values do not fit the shape [${shape.join(", ")}]`);
}

/** The library's number of a type. */
export function elementTypeOf(values: NativeValues, type?: ElementType): number {
  if (type !== undefined) return elementTypes[type];
  if (values instanceof Float32Array) return elementTypes.float32;
  if (values instanceof Int32Array) return elementTypes.int32;
  if (values instanceof BigInt64Array) return elementTypes.int64;
  if (values instanceof Int8Array) return elementTypes.int8;
  if (values instanceof Uint8Array) return elementTypes.uint8;
  throw nativeCallError("A tensor", "16-bit values need a type");
}
