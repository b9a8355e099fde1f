// Records statistics of a layer's inputs: for EVA the inputs as they are, for CorDA those of each call divided by their largest
// entry, as in PEFT. A recorder is an adaptation that changes nothing.

import { initOf } from "@lowrank/adapter-format/internal";
import type { Adaptation, AdaptationCall } from "@lowrank/contracts/internal";
import { createMatrix } from "@lowrank/math";
import type { Measured } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";

/** Rows of the next batch to record: 1 or 0, [batch·time, 1]; null: all. */
export interface RowMask {
  rows: tf.Tensor2D | null;
}

/** Adds up a layer's inputs, in its own tensors. */
export interface InputRecorder extends Adaptation {
  read(): Promise<Measured>;
  dispose(): void;
}

/** The recorder for the initialization `init`. */
export function inputRecorder(init: boolean | string, inFeatures: number, mask: RowMask): InputRecorder {
  return initOf({ init }).measures === "moments" ? momentRecorder(inFeatures, mask) : sumRecorder(inFeatures, mask);
}

function sumRecorder(inFeatures: number, mask: RowMask): InputRecorder {
  const sums = new Sums([[inFeatures], [inFeatures, inFeatures], []]);
  return {
    ...recorder(mask, (rows, counts) => sums.add([tf.sum(rows, 0), tf.matMul(rows, rows, true), tf.sum(counts)])),
    async read() {
      const [total = [], products = [], rows = []] = await sums.read();
      const inputs = { sums: Float64Array.from(total), products: createMatrix(inFeatures, inFeatures, products) };
      return { inputs: { ...inputs, rows: rows[0] ?? 0 } };
    },
    dispose: () => sums.dispose(),
  };
}

function momentRecorder(inFeatures: number, mask: RowMask): InputRecorder {
  const sums = new Sums([[inFeatures, inFeatures]]);
  let calls = 0;
  return {
    ...recorder(mask, (rows, counts) => {
      const counted = tf.where(tf.greater(counts, 0), rows, tf.fill(rows.shape, Number.NEGATIVE_INFINITY));
      const largest = tf.abs(tf.max(counted));
      const unit = tf.where(tf.greater(largest, 0), largest, tf.onesLike(largest));
      const scaled = tf.div<tf.Tensor2D>(rows, unit); // [rows, inFeatures]
      sums.add([tf.matMul(scaled, scaled, true)]);
      calls += 1;
    }),
    async read() {
      const [products = []] = await sums.read();
      const means = Float64Array.from(products, (value) => value / Math.max(1, calls));
      return { moments: createMatrix(inFeatures, inFeatures, means) };
    },
    dispose: () => sums.dispose(),
  };
}

/** `see` gets the rows [rows, inFeatures] (zeros for ignored ones) and the mask [rows, 1]; inside a tidy. */
function recorder(mask: RowMask, see: (rows: tf.Tensor2D, counts: tf.Tensor2D) => void): Adaptation {
  return {
    variables: [],
    apply({ input, output, site }: AdaptationCall) {
      tf.tidy(() => {
        const all = tf.reshape<tf.Rank.R2>(input, [-1, site.inFeatures]);
        const counts = mask.rows?.shape[0] === all.shape[0] ? mask.rows : tf.ones<tf.Rank.R2>([all.shape[0], 1]);
        see(tf.mul<tf.Tensor2D>(all, counts), counts);
      });
      return tf.clone(output);
    },
  };
}

/** Sums that are kept across calls. */
class Sums {
  #tensors: readonly tf.Tensor[];

  constructor(shapes: readonly number[][]) {
    this.#tensors = shapes.map((shape) => tf.keep(tf.zeros(shape)));
  }

  add(terms: readonly tf.Tensor[]): void {
    const before = this.#tensors;
    this.#tensors = before.map((sum, index) => tf.keep(tf.add(sum, terms[index]!)));
    tf.dispose([...before]);
  }

  read(): Promise<readonly ArrayLike<number>[]> {
    return Promise.all(this.#tensors.map((sum) => sum.data()));
  }

  dispose(): void {
    tf.dispose([...this.#tensors]);
  }
}
