// How much of a change each tensor of a file keeps: as data, too, so that who goes on with a file that another process began knows
// of the tensors that lie in it already.

import { type EffectNumbers, EffectSums, type KeptEffect } from "./kept-effect.ts";

/** Effects by tensor; `onRounded` hears of each once. */
export class MeasuredEffects {
  readonly #sums = new Map<string, EffectSums>();

  constructor(private readonly onRounded: (rounded: KeptEffect & { readonly tensor: string }) => void = () => {}) {}

  has(tensor: string): boolean {
    return this.#sums.has(tensor);
  }

  /** Takes the sums of a whole tensor. */
  put(tensor: string, sums: EffectSums): void {
    this.#sums.set(tensor, sums);
    const effect = sums.effect();
    if (effect !== undefined) this.onRounded({ tensor, ...effect });
  }

  /** The share of all changes together that is left; 1 where nothing was measured. */
  get kept(): number {
    const all = new EffectSums();
    for (const sums of this.#sums.values()) all.join(sums);
    return all.effect()?.kept ?? 1;
  }

  taken(): unknown {
    return [...this.#sums].map(([tensor, { numbers }]) => [tensor, ...numbers]);
  }

  give(found: unknown): void {
    for (const entry of Array.isArray(found) ? found : []) {
      const [tensor, ...numbers]: unknown[] = Array.isArray(entry) ? entry : [];
      if (typeof tensor === "string" && areSums(numbers)) this.put(tensor, new EffectSums(numbers));
    }
  }
}

function areSums(numbers: readonly unknown[]): numbers is EffectNumbers {
  return numbers.length === 3 && numbers.every((number) => typeof number === "number");
}
