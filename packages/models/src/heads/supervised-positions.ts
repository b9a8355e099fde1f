// At which positions a language model is to predict something, and what.

import type * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../errors.ts";

export interface Supervised {
  /** Indices into [batch·time]. */
  readonly rows: readonly number[];
  readonly targets: readonly number[];
}

/** Labels that count, of labels [batch, time]. Throws ModelInputError for one that is no class. */
export function supervisedPositions(
  labels: tf.Tensor,
  { shape, shift, classes }: { readonly shape: readonly number[]; readonly shift: 0 | 1; readonly classes: number },
): Supervised {
  const [batch = 0, time = 0] = shape;
  if (labels.shape.length !== 2 || labels.shape[0] !== batch || labels.shape[1] !== time) {
    throw new ModelInputError("labels", `the shape is [${labels.shape}], expected [${batch}, ${time}]`);
  }
  const values = labels.dataSync();
  const rows: number[] = [];
  const targets: number[] = [];
  for (let row = 0; row < batch * time; row++) {
    if ((row % time) + shift >= time) continue;
    const label = values[row + shift] ?? -100;
    if (label === -100) continue;
    if (label < 0 || label >= classes || !Number.isInteger(label)) {
      throw new ModelInputError("labels", `${label} is neither -100 nor a token id below ${classes}`);
    }
    rows.push(row);
    targets.push(label);
  }
  return { rows, targets };
}
