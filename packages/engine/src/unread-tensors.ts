// Tensors whose numbers are still in files. They have a shape and an owner like others, so a model can be built, inspected
// and adapted without reading them. Computing with a tensor that was not provided throws an error with its name.

import { LowrankError } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";

/** A computation used a tensor whose values were not read. Provide them, or load the whole model. */
export class UnreadTensorError extends LowrankError {
  constructor(readonly tensor: string) {
    super(
      "UNREAD_TENSOR",
      `The values of "${printable(tensor)}" were not read from their file. Provide them, or load the whole model.`,
    );
  }
}

/**
 * Makes tensors without data. Provided numbers move to the engine's own memory with the first operation that uses them, and stay there
 * until the tensor is disposed of.
 */
export class UnreadTensors {
  readonly #backend = new Unread();

  /** The caller owns it. */
  tensor(name: string, shape: readonly number[]): tf.Tensor {
    const numbers = {};
    this.#backend.names.set(numbers, name);
    return tf.engine().makeTensorFromDataId(numbers, [...shape], "float32", this.#backend);
  }

  /** Gives the tensor of that name its numbers. */
  provide(name: string, values: Float32Array): void {
    this.#backend.values.set(name, values);
  }
}

/** The backend from which TensorFlow.js moves the numbers to the one that computes. */
class Unread extends tf.KernelBackend {
  readonly names = new WeakMap<object, string>();
  readonly values = new Map<string, Float32Array>();

  override refCount(): number {
    return 1;
  }

  override readSync(numbers: object): Float32Array {
    const name = this.names.get(numbers) ?? "";
    const values = this.values.get(name);
    if (values === undefined) throw new UnreadTensorError(name);
    return values;
  }

  override async read(numbers: object): Promise<Float32Array> {
    return this.readSync(numbers);
  }

  override disposeData(numbers: object): boolean {
    this.values.delete(this.names.get(numbers) ?? "");
    return true;
  }

  override numDataIds(): number {
    return 0;
  }
}
