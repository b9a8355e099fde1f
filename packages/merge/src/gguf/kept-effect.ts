// How much of what an adapter does to weights is still there once they are rounded to few bits.

/** What rounding left of a change. */
export interface KeptEffect {
  /** The share of the change in its own direction: 1 is all of it, 0 none. */
  readonly kept: number;
  /** The length of what rounding adds to the change, to that of the change. */
  readonly noise: number;
}

/** Sums as plain data. */
export type EffectNumbers = readonly [along: number, change: number, error: number];

/** Numbers before a change and after it. */
interface Change {
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** Sums over numbers of one weight, or of many. */
export class EffectSums {
  constructor(public numbers: EffectNumbers = [0, 0, 0]) {}

  /** Numbers before and after the change, and the same as they are written. */
  add(exact: Change, written: Change): void {
    // In variables: fields that are written for each number take eight times as long.
    let [along, change, error] = this.numbers;
    for (let index = 0; index < exact.after.length; index += 1) {
      const wanted = exact.after[index]! - exact.before[index]!;
      const left = written.after[index]! - written.before[index]!;
      along += left * wanted;
      change += wanted * wanted;
      error += (left - wanted) * (left - wanted);
    }
    this.numbers = [along, change, error];
  }

  join({ numbers }: EffectSums): void {
    const [along, change, error] = this.numbers;
    this.numbers = [along + numbers[0], change + numbers[1], error + numbers[2]];
  }

  /** Undefined where nothing changes. */
  effect(): KeptEffect | undefined {
    const [along, change, error] = this.numbers;
    return change === 0 ? undefined : { kept: along / change, noise: Math.sqrt(error / change) };
  }
}

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
