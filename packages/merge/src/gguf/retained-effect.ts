// Measures how much of an adapter's change of the weights remains after quantization.

/** The part of a change that remains after rounding. */
export interface RetainedEffect {
  /** The share of the change in its own direction: 1 for all, 0 for none. */
  readonly kept: number;
  /** The length of the rounding error, relative to the length of the change. */
  readonly noise: number;
}

/** Sums as plain data. */
export type EffectNumbers = readonly [along: number, change: number, error: number];

/** Values before and after a change. */
interface Change {
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** Sums over the values of one or more weights. */
export class EffectSums {
  constructor(public numbers: EffectNumbers = [0, 0, 0]) {}

  /** Adds exact values before and after the change, and the values that are written. */
  add(exact: Change, written: Change): void {
    // Local variables, because writing fields for each number takes eight times as long.
    let [along, change, error] = this.numbers;
    for (let index = 0; index < exact.after.length; index += 1) {
      const exactChange = exact.after[index]! - exact.before[index]!;
      const writtenChange = written.after[index]! - written.before[index]!;
      along += writtenChange * exactChange;
      change += exactChange * exactChange;
      error += (writtenChange - exactChange) * (writtenChange - exactChange);
    }
    this.numbers = [along, change, error];
  }

  join({ numbers }: EffectSums): void {
    const [along, change, error] = this.numbers;
    this.numbers = [along + numbers[0], change + numbers[1], error + numbers[2]];
  }

  /** Undefined if nothing changes. */
  effect(): RetainedEffect | undefined {
    const [along, change, error] = this.numbers;
    return change === 0 ? undefined : { kept: along / change, noise: Math.sqrt(error / change) };
  }
}

/** Effects by tensor. `onRounded` is called once for each. */
export class MeasuredEffects {
  readonly #sums = new Map<string, EffectSums>();

  constructor(private readonly onRounded: (rounded: RetainedEffect & { readonly tensor: string }) => void = () => {}) {}

  has(tensor: string): boolean {
    return this.#sums.has(tensor);
  }

  /** Sets the sums of a whole tensor. */
  put(tensor: string, sums: EffectSums): void {
    this.#sums.set(tensor, sums);
    const effect = sums.effect();
    if (effect !== undefined) this.onRounded({ tensor, ...effect });
  }

  /** The remaining share of all changes; 1 if nothing was measured. */
  get kept(): number {
    const all = new EffectSums();
    for (const sums of this.#sums.values()) all.join(sums);
    return all.effect()?.kept ?? 1;
  }

  save(): unknown {
    return [...this.#sums].map(([tensor, { numbers }]) => [tensor, ...numbers]);
  }

  restore(found: unknown): void {
    for (const entry of Array.isArray(found) ? found : []) {
      const [tensor, ...numbers]: unknown[] = Array.isArray(entry) ? entry : [];
      if (typeof tensor === "string" && areSums(numbers)) this.put(tensor, new EffectSums(numbers));
    }
  }
}

function areSums(numbers: readonly unknown[]): numbers is EffectNumbers {
  return numbers.length === 3 && numbers.every((number) => typeof number === "number");
}
