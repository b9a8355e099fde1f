// The table of policy losses: how the losses of tokens, or of whole completions, become one number.

import * as tf from "@tensorflow/tfjs-core";

/** Sizes of a batch, and settings. */
interface PolicySizes {
  /** Tokens of each completion, at least 1: [rows] */
  readonly lengths: tf.Tensor1D;
  readonly rows: number;
  /** Trained tokens of the batch. */
  readonly positions: number;
  readonly maxCompletionLength: number;
  readonly numItems: number;
}

interface PolicyLoss {
  /** The paper, and TRL's name. */
  readonly source: string;
  /** Whether the probability ratio is that of a whole completion. The KL term is then not a part of it. */
  readonly ofCompletions?: true;
  /** sums: losses of tokens added up, or the loss of the completion: [rows] → a scalar. */
  reduce(sums: tf.Tensor1D, sizes: PolicySizes): tf.Scalar;
}

/** A loss's name: TRL's `loss_type` of GRPO, or "rloo". */
export type PolicyLossType = "grpo" | "dr_grpo" | "dapo" | "bnpo" | "rloo";

/** Every loss, by name. */
export const policyLosses: Readonly<Record<PolicyLossType, PolicyLoss>> = {
  grpo: {
    source: 'Shao et al. 2024, eq. 3; TRL: GRPOTrainer, loss_type "grpo"',
    reduce: (sums, { lengths }) => tf.mean<tf.Scalar>(tf.div(sums, lengths)),
  },
  dr_grpo: {
    source: 'Liu et al. 2025, section 3; TRL: GRPOTrainer, loss_type "dr_grpo"',
    reduce: (sums, { rows, maxCompletionLength }) => tf.div<tf.Scalar>(tf.sum(sums), rows * maxCompletionLength),
  },
  dapo: {
    source: 'Yu et al. 2025, eq. 8; TRL: GRPOTrainer, loss_type "dapo"',
    reduce: (sums, { numItems }) => tf.div<tf.Scalar>(tf.sum(sums), Math.max(1, numItems)),
  },
  bnpo: {
    source: 'TRL: GRPOTrainer, loss_type "bnpo"',
    reduce: (sums, { positions }) => tf.div<tf.Scalar>(tf.sum(sums), Math.max(1, positions)),
  },
  rloo: {
    source: "Ahmadian et al. 2024, eq. 10; TRL: RLOOTrainer",
    ofCompletions: true,
    reduce: (sums) => tf.mean<tf.Scalar>(sums),
  },
};
