// The interface of optimizers: a rule that updates the numbers of one variable and their running means. The rule has no state;
// a run's `Optimizer` stores the means.

/** Running means of gradients: first and second moment. "rows" and "columns" are Adafactor's second moments of a matrix. */
export type MeanName = "first" | "second" | "rows" | "columns";

/** The optimizer state of one variable: its running means, and the number of updates. */
export type Moments = { readonly updates: number } & { readonly [name in MeanName]?: Float32Array };

/** Settings of optimizers. */
export interface RuleOptions {
  readonly betas: readonly [first: number, second: number];
  readonly epsilon: number;
  readonly momentum: number;
}

/** Numbers that are updated together: one variable, or neighbours with the same rates. */
export interface RuleArrays {
  /** Read and written. */
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  /** The rule's running means by name; read and written. */
  readonly means: Readonly<Partial<Record<MeanName, Float32Array>>>;
  /** The shape of the variable; for neighbours a single axis. */
  readonly shape: readonly number[];
}

/** The rates of one update. */
export interface RuleRates {
  readonly learningRate: number;
  /** Subtracts this share of the value, times the learning rate. */
  readonly weightDecay: number;
  /** How often these numbers were updated, including this time. */
  readonly updates: number;
  /** Multiplies every gradient first, for clipping. */
  readonly gradientFactor: number;
}

export interface OptimizerRule {
  readonly name: string;
  /** The paper, and the implementation that gives the same numbers. */
  readonly source: string;
  readonly betas: readonly [first: number, second: number];
  /** Whether each number is updated independently, so that neighbours may be updated as one array. */
  readonly isElementwise: boolean;
  /** The running means of a variable of this shape, and their lengths. */
  means(shape: readonly number[], options: RuleOptions): readonly (readonly [name: MeanName, size: number])[];
  update(arrays: RuleArrays, rates: RuleRates, options: RuleOptions): void;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
