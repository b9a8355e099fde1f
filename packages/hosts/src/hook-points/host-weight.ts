// A weight that belongs to a foreign model: seen in the layout that adapters count in, replaced in its own place, put back to
// the bit.

import type { Restore } from "@lowrank/contracts";
import { ShapeError } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** Where a foreign model keeps a tensor. */
export interface WeightPlace {
  /** The tensor that the model computes with now; not the caller's. */
  current(): tf.Tensor;
  /** Lets the model compute with these numbers, of the same shape. The caller keeps the tensor. */
  put(value: tf.Tensor): void;
}

/** Two ways round of the same numbers; both functions return a new tensor and leave their input alone. */
export interface WeightView {
  readonly shape: readonly number[];
  /** From the model's own layout. */
  toView(own: tf.Tensor): tf.Tensor;
  /** Back to the model's own layout. */
  fromView(seen: tf.Tensor): tf.Tensor;
}

export class HostWeight {
  /** What the model computed with first, and above it what replaced it; empty where nothing did. */
  #layers: readonly tf.Tensor[] = [];
  #isFinal = false;

  constructor(
    /** For messages. */
    readonly path: string,
    private readonly place: WeightPlace,
    readonly view: WeightView,
  ) {}

  /** Whether a merge replaced the weight. */
  get isReplaced(): boolean {
    return this.#isFinal || this.#layers.length > 0;
  }

  /** What the model computes with, in its own layout; not the caller's. */
  get own(): tf.Tensor {
    return this.place.current();
  }

  /** A copy as seen; the caller disposes of it. */
  read(): tf.Tensor {
    return this.view.toView(this.place.current());
  }

  /** The model computes with `value`, laid out as seen, from now on. Takes ownership. Throws ShapeError. */
  replace(value: tf.Tensor): Restore {
    this.check("replace", value);
    const own = tf.keep(this.view.fromView(value));
    value.dispose();
    // A clone shares its numbers with the original, which so stay in memory as they are.
    const below = this.#layers.length > 0 ? this.#layers : [tf.keep(tf.clone(this.place.current()))];
    this.place.put(own);
    this.#layers = [...below, own];
    return () => this.#remove(own);
  }

  /** Frees what replacements hid: there is no way back. */
  forgetReplaced(): void {
    if (this.#layers.length === 0) return;
    for (const layer of this.#layers) layer.dispose();
    this.#layers = [];
    this.#isFinal = true;
  }

  check(action: string, value: tf.Tensor): void {
    const { shape } = this.view;
    if (!tf.util.arraysEqual(value.shape, [...shape]))
      throw new ShapeError(`Parameter "${this.path}": ${action}`, value.shape, `[${shape.join(", ")}]`);
  }

  #remove(own: tf.Tensor): void {
    if (!this.#layers.includes(own)) return;
    this.#layers = this.#layers.filter((layer) => layer !== own);
    const top = this.#layers.at(-1);
    if (top !== undefined) this.place.put(top);
    own.dispose();
    if (this.#layers.length > 1) return;
    top?.dispose();
    this.#layers = [];
  }
}
