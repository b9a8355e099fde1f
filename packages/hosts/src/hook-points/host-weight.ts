// A weight of a host model. It can be read in the adapters' layout (a view), replaced, and restored bit for bit.

import type { Restore } from "@lowrank/contracts/internal";
import { shapeError } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

/** Access to a tensor of a host model. */
export interface WeightStore {
  /** The tensor that the model uses now; the model owns it. */
  current(): tf.Tensor;
  /** Makes the model use these values, of the same shape. The caller keeps the tensor. */
  put(value: tf.Tensor): void;
}

/** Conversion between two layouts. Both functions return a new tensor and keep their input. */
export interface WeightView {
  readonly shape: readonly number[];
  /** From the model's own layout. */
  toView(stored: tf.Tensor): tf.Tensor;
  /** Back to the model's own layout. */
  fromView(seen: tf.Tensor): tf.Tensor;
}

export class HostWeight {
  /** The original value, followed by its replacements; empty without a replacement. */
  #layers: readonly tf.Tensor[] = [];
  #isFinal = false;

  constructor(
    /** For messages. */
    readonly path: string,
    private readonly store: WeightStore,
    readonly view: WeightView,
  ) {}

  /** Whether a merge replaced the weight. */
  get isReplaced(): boolean {
    return this.#isFinal || this.#layers.length > 0;
  }

  /** A copy in the view's layout; the caller disposes of it. */
  read(): tf.Tensor {
    return this.view.toView(this.store.current());
  }

  /** Replaces the value by `value`, in the view's layout. Takes ownership. Throws SHAPE_MISMATCH. */
  replace(value: tf.Tensor): Restore {
    this.check("replace", value);
    const stored = tf.keep(this.view.fromView(value));
    value.dispose();
    // A clone shares the data of the original, which therefore stays in memory unchanged.
    const below = this.#layers.length > 0 ? this.#layers : [tf.keep(tf.clone(this.store.current()))];
    this.store.put(stored);
    this.#layers = [...below, stored];
    return () => this.#remove(stored);
  }

  /** Frees the replaced values, which cannot be restored then. */
  forgetReplaced(): void {
    if (this.#layers.length === 0) return;
    for (const layer of this.#layers) layer.dispose();
    this.#layers = [];
    this.#isFinal = true;
  }

  check(action: string, value: tf.Tensor): void {
    const { shape } = this.view;
    if (!tf.util.arraysEqual(value.shape, [...shape]))
      throw shapeError(`Parameter "${this.path}": ${action}`, value.shape, `[${shape.join(", ")}]`);
  }

  #remove(stored: tf.Tensor): void {
    if (!this.#layers.includes(stored)) return;
    this.#layers = this.#layers.filter((layer) => layer !== stored);
    const top = this.#layers.at(-1);
    if (top !== undefined) this.store.put(top);
    stored.dispose();
    if (this.#layers.length > 1) return;
    top?.dispose();
    this.#layers = [];
  }
}
