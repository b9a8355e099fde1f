// Activated LoRA (PEFT's `alora_invocation_tokens`): the adapter acts from the invocation tokens on.

import type { AdaptationCall } from "@lowrank/contracts/internal";
import type { LowRankAdaptation, RowUpdate } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Variant } from "../variant.ts";
import { invocationTokensError, placesMissingError } from "./errors.ts";

export const activatedLora: Variant = {
  check({ activationTokens }, { model: { knowsTokenPositions = false, modelType } }) {
    if (!knowsTokenPositions) throw invocationTokensError(activationTokens ?? [], modelType ?? null);
  },
  refusal: ({ kind }) => (kind === "linear" ? null : "alora_invocation_tokens is for linear layers"),
  refusalOfParameters: "alora_invocation_tokens is for linear layers",
  // PEFT warns as well (LoraConfig.__post_init__).
  warnings({ taskType }) {
    if (taskType === "CAUSAL_LM") return [];
    const message =
      `alora_invocation_tokens is for task_type = "CAUSAL_LM", and this is ${JSON.stringify(taskType)}: PEFT does not ` +
      "look for the tokens then, and the adapter would have no effect.";
    return [{ code: "INVOCATION_TASK", message }];
  },
  wrap: (inner, { config }) => new ActivatedAdaptation(inner, config.activationTokens ?? []),
  problemOfMerging: "its update acts only after alora_invocation_tokens, but a merged weight acts on all tokens",
};

// Activated LoRA (Greenewald et al. 2025): the adapter acts on the tokens of an invocation sequence and on all tokens after it.
// Tokens before it use only the base, so that their keys and values are the base's.
//
// As in PEFT (tuners/lora/variants.py), the last occurrence in a row is used, and in a row without one the adapter does not act.

/**
 * A linear site's adaptation that acts from the last occurrence of `tokens` on. Its calls need a context with `tokenPositions`.
 *
 * Throws PLACES_MISSING if they are missing.
 */
export class ActivatedAdaptation implements LowRankAdaptation {
  readonly variables: readonly tf.Variable[];

  constructor(
    readonly inner: LowRankAdaptation,
    readonly tokens: readonly number[],
  ) {
    this.variables = inner.variables;
  }

  get scale(): number {
    return this.inner.scale;
  }

  set scale(scale: number) {
    this.inner.scale = scale;
  }

  apply(call: AdaptationCall): tf.Tensor {
    const { output, context, site } = call;
    const isActive = context.tokenPositions?.since(this.tokens);
    if (isActive === undefined) throw placesMissingError(site.path);
    // For gradients, rows without the tokens give zeros.
    if (!tf.engine().isTapeOn() && isActive.every((flag) => flag === 0)) return tf.clone(output);
    if (isActive.every((flag) => flag === 1)) return this.inner.apply(call);
    return tf.tidy(() => {
      const update = this.inner.apply({ ...call, output: tf.zeros(output.shape) });
      const mask = tf.tensor(isActive, [...output.shape.slice(0, -1), 1]); // [batch, time, 1] or [rows, 1]
      return addMasked(output, update, mask);
    });
  }

  /** The update of the weight where the adapter acts. */
  delta(strength: number): tf.Tensor {
    return this.inner.delta(strength);
  }

  rows(): Promise<RowUpdate> {
    return this.inner.rows();
  }

  /** The weight where the adapter acts; no single weight is right for all tokens. */
  fold(weight: tf.Tensor, base: tf.Tensor): tf.Tensor {
    return this.inner.fold(weight, base);
  }

  release(): void {
    this.inner.release?.();
  }
}

/** output + update·mask. For the gradient it keeps only the mask, where tf.mul would also keep the update. */
function addMasked(output: tf.Tensor, update: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const compute = () => tf.add(output, tf.mul(update, mask));
  if (!tf.engine().isTapeOn()) return compute();
  const operation = tf.customGrad((...inputsAndSave) => {
    const save = inputsAndSave.at(-1) as tf.GradSaveFunc; // as in customGrad's documentation
    save([mask]);
    return { value: compute(), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.clone(dy), tf.mul(dy, saved[0]!)] };
  });
  return operation(output, update);
}
