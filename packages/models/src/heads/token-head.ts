// Logits over the vocabulary at every position: causal and masked language models.

import { crossEntropy, linearCrossEntropy } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../errors.ts";
import type { LinearSite } from "../parts/linear-site.ts";
import type { ParameterSlot } from "../parts/parameter-slot.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import { softCap } from "../parts/soft-cap.ts";
import type { Head, Losses } from "./head.ts";
import { pickStates } from "./pick-states.ts";

export interface TokenHeadOptions {
  readonly site: LinearSite;
  /** 1 where position t predicts token t + 1; 0 where it predicts its own. */
  readonly shift: 0 | 1;
  /** Between the hidden states and the site (BERT's masked-language head). */
  readonly transform?: Layer;
  /** Added to the logits, never trained: [1, classes] (BART). */
  readonly constantBias?: ParameterSlot;
  /** Smooth bound of the logits (Gemma 2). */
  readonly cap?: number | null;
}

export class TokenHead implements Head {
  constructor(private readonly options: TokenHeadOptions) {}

  forward(hidden: tf.Tensor, pass: Pass): tf.Tensor {
    const { site, transform, constantBias } = this.options;
    const logits = site.forward(transform === undefined ? hidden : transform(hidden, pass), pass.context);
    return this.#bounded(constantBias === undefined ? logits : tf.add(logits, constantBias.value(pass.context)));
  }

  losses(labels: tf.Tensor, pass: Pass): Losses {
    const { site, shift } = this.options;
    const { rows, targets } = supervisedPositions(labels, {
      shape: pass.lastIds.shape,
      shift,
      classes: site.outFeatures,
    });
    const count = rows.length;
    if (count === 0) return { of: () => ({ sum: tf.scalar(0), count }) };
    const sumOf = (states: tf.Tensor) => this.#lossSum(states, { rows, targets, pass });
    return {
      // Adapters that go by rows of the batch need all of them.
      ...(pass.context.adapters.kind === "rows"
        ? {}
        : { pick: (hidden) => pickStates(hidden, tf.tensor1d([...rows], "int32")) }),
      of: (states) => ({ sum: sumOf(states), count }),
    };
  }

  /** `states` are all of them, or those of `rows`. */
  #lossSum(states: tf.Tensor, { rows, targets: ids, pass }: Supervised & { readonly pass: Pass }): tf.Scalar {
    const { site, transform, constantBias } = this.options;
    const targets = tf.tensor1d([...ids], "int32");
    const frozen = site.frozenParts(pass.context);
    if (frozen === undefined) {
      // The head itself is adapted, perhaps row by row: its adaptations need the batch axis.
      const logits = pickRows(this.forward(states, pass), rows);
      return tf.reshape(crossEntropy(logits, targets, "sum"), []);
    }
    const transformed = transform === undefined ? states : transform(states, pass);
    if (this.#cap !== null) {
      const logits = this.#bounded(site.forward(pickRows(transformed, rows), pass.context));
      return tf.reshape(crossEntropy(logits as tf.Tensor2D, targets, "sum"), []);
    }
    const { weight, bias = constantBias && tf.reshape(constantBias.value(pass.context), [-1]) } = frozen;
    const options = { reduction: "sum", ...(bias === undefined ? {} : { bias }) } as const;
    return linearCrossEntropy(pickRows(transformed, rows), weight, targets, options);
  }

  get #cap(): number | null {
    return this.options.cap ?? null;
  }

  #bounded(logits: tf.Tensor): tf.Tensor {
    return this.#cap === null ? logits : softCap(logits, this.#cap);
  }
}

interface Supervised {
  /** Indices into [batch·time]. */
  readonly rows: readonly number[];
  readonly targets: readonly number[];
}

function supervisedPositions(
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

/** x [batch, time, features], or nothing but the rows, → [rows, features] */
function pickRows(x: tf.Tensor, rows: readonly number[]): tf.Tensor2D {
  const features = x.shape[2] ?? 1;
  const picked = rows.length === x.size / features ? x : pickStates(x, tf.tensor1d([...rows], "int32"));
  return tf.reshape<tf.Rank.R2>(picked, [rows.length, features]);
}
