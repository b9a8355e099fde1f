// Different learning rates for different variables.

/** Variables that learn faster or slower than the rest. */
export interface LearningRateGroup {
  /** Whether a variable, by its name, belongs to the group. */
  matches(name: string): boolean;
  /** Multiplies the learning rate. */
  readonly factor: number;
}

/** The factor of the first group that a name belongs to, or 1. */
export function learningRateFactor(groups: readonly LearningRateGroup[], name: string): number {
  return groups.find((group) => group.matches(name))?.factor ?? 1;
}

/**
 * LoRA+ (Hayou et al. 2024): the learning rate of B is `ratio` times that of A. The paper and PEFT recommend 16. PEFT's optimizer
 * also gives that rate to vectors (biases, column magnitudes), and another rate to adapters of embeddings. To do the same, put
 * groups of your own before this one.
 *
 * @example
 * ```ts
 * import { loraPlus } from "@lowrank/trainer";
 *
 * const [group] = loraPlus(16);
 * if (!group?.matches("h.0.attn.c_attn.lora_B.weight")) throw new Error("B is not in the group");
 * ```
 */
export function loraPlus(ratio: number): readonly LearningRateGroup[] {
  return [{ matches: (name) => /\.lora_(embedding_)?B(\.|$)/.test(name), factor: ratio }];
}
