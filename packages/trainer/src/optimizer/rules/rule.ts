// What every optimiser is: a rule that updates the numbers of one variable, and what it remembers of them between steps.
// The rule is pure; a run's `Optimizer` keeps the numbers.

/** Running means by which optimisers remember gradients; of a matrix's squares, some keep those of its rows and columns alone. */
export type MeanName = "first" | "second" | "rows" | "columns";

/** What an optimiser knows of one variable: its running means, and how often it was updated. */
export type Moments = { readonly updates: number } & { readonly [name in MeanName]?: Float32Array };

/** An optimiser's own numbers. */
export interface RuleOptions {
  readonly betas: readonly [first: number, second: number];
  readonly epsilon: number;
  readonly momentum: number;
}

/** Numbers that are updated alike: one variable's, or those of neighbours. */
export interface RuleArrays {
  /** Read and written. */
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  /** The rule's, by name; read and written. */
  readonly means: Readonly<Partial<Record<MeanName, Float32Array>>>;
  /** Of the variable; of neighbours a single axis. */
  readonly shape: readonly number[];
}

/** With what they are updated. */
export interface RuleRates {
  readonly learningRate: number;
  /** Share of the value that is taken away, times the learning rate. */
  readonly weightDecay: number;
  /** How often these numbers were updated, this time included. */
  readonly updates: number;
  /** Every gradient is multiplied by it first: clipping. */
  readonly gradientFactor: number;
}

export interface OptimizerRule {
  readonly name: string;
  /** Where the rule is defined, and whose implementation gives the same numbers. */
  readonly source: string;
  /** What it takes where nobody says it. */
  readonly betas: readonly [first: number, second: number];
  /** Whether each number is updated by itself, so that neighbours may be updated as one array. */
  readonly isElementwise: boolean;
  /** The means of a variable of this shape, and how many numbers each has. */
  means(shape: readonly number[], options: RuleOptions): readonly (readonly [name: MeanName, size: number])[];
  update(arrays: RuleArrays, rates: RuleRates, options: RuleOptions): void;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
