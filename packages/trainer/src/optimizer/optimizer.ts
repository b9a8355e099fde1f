// The optimizer of a run on plain arrays: an update rule, and one array for each of its running means, for all variables.
//
// TensorFlow.js' own optimizers match state and variables by position, and accumulate the powers of beta. A changed set of variables
// then silently mixes states, and a resumed run differs from an uninterrupted one. Here each variable has an integer count of
// updates, from which the bias correction is computed. A variable without a gradient keeps its state. A LoRA adapter is small, so
// plain loops are faster than a kernel launch for each tensor, and give the same numbers on every backend.

import type { FlatGradients } from "./flat-gradients.ts";
import type { FlatLayout, VariableRange } from "./flat-layout.ts";
import type { MeanName, Moments, OptimizerRule, RuleArrays, RuleOptions } from "./rules/rule.ts";

export interface OptimizerUpdate {
  /** Changed in place. */
  readonly values: Float32Array;
  readonly gradients: FlatGradients;
  /** Multiplies every gradient, for clipping. */
  readonly gradientFactor: number;
  ratesOf(range: VariableRange): { readonly learningRate: number; readonly weightDecay: number };
}

interface MeanRange {
  readonly name: MeanName;
  readonly start: number;
  readonly end: number;
}

/** Neighbouring variables that are updated alike. */
interface VariableRun {
  readonly start: number;
  readonly end: number;
  readonly shape: readonly number[];
  readonly means: readonly MeanRange[];
  readonly updates: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Updates variables by a rule. `capture` and `restore` save and load its state. */
export class Optimizer {
  readonly #layout: FlatLayout;
  readonly #rule: OptimizerRule;
  readonly #options: RuleOptions;
  readonly #means: ReadonlyMap<MeanName, Float32Array>;
  readonly #meanRanges: readonly (readonly MeanRange[])[];
  readonly #updates: number[];

  constructor(layout: FlatLayout, rule: OptimizerRule, options: RuleOptions) {
    this.#layout = layout;
    this.#rule = rule;
    this.#options = options;
    const sizes = new Map<MeanName, number>();
    this.#meanRanges = layout.ranges.map(({ variable }) =>
      rule.means(variable.shape, options).map(([name, size]) => {
        const start = sizes.get(name) ?? 0;
        sizes.set(name, start + size);
        return { name, start, end: start + size };
      }),
    );
    this.#means = new Map([...sizes].map(([name, size]) => [name, new Float32Array(size)]));
    this.#updates = layout.ranges.map(() => 0);
  }

  /** Updates every variable that has a gradient. */
  update({ values, gradients, gradientFactor, ratesOf }: OptimizerUpdate): void {
    for (const { start, end, shape, means, ...rates } of this.#runs(gradients, ratesOf)) {
      const arrays: RuleArrays = {
        values: values.subarray(start, end),
        gradients: gradients.values.subarray(start, end),
        means: Object.fromEntries(means.map((range) => [range.name, this.#view(range)])),
        shape,
      };
      this.#rule.update(arrays, { ...rates, gradientFactor }, this.#options);
    }
  }

  /** A copy of the state. A variable that never had a gradient is absent. */
  capture(): ReadonlyMap<string, Moments> {
    const entries = this.#layout.ranges.map(({ name }, index): [string, Moments] => {
      const means = (this.#meanRanges[index] ?? []).map((range) => [range.name, this.#view(range).slice()]);
      return [name, { ...Object.fromEntries(means), updates: this.#updates[index] ?? 0 }];
    });
    return new Map(entries.filter(([, { updates }]) => updates > 0));
  }

  /** The running means of each variable, by index, as views. */
  means(): readonly (readonly Float32Array[])[] {
    return this.#meanRanges.map((ranges) => ranges.map((range) => this.#view(range)));
  }

  /** Continues from a captured state. */
  restore(state: ReadonlyMap<string, Moments>): void {
    for (const [index, { name }] of this.#layout.ranges.entries()) {
      const moments = state.get(name);
      this.#updates[index] = moments?.updates ?? 0;
      for (const range of this.#meanRanges[index] ?? []) {
        const mean = moments?.[range.name];
        if (mean === undefined) this.#view(range).fill(0);
        else this.#view(range).set(mean);
      }
    }
  }

  #view({ name, start, end }: MeanRange): Float32Array {
    return this.#means.get(name)?.subarray(start, end) ?? new Float32Array();
  }

  /** Joins neighbouring variables that are updated alike to one run, if the rule is elementwise. */
  #runs(gradients: FlatGradients, ratesOf: OptimizerUpdate["ratesOf"]): readonly VariableRun[] {
    const runs: VariableRun[] = [];
    for (const [index, range] of this.#layout.ranges.entries()) {
      if (!gradients.has(index)) continue;
      const updates = (this.#updates[index] ?? 0) + 1;
      this.#updates[index] = updates;
      const { start, end, variable } = range;
      const means = this.#meanRanges[index] ?? [];
      const run = { start, end, shape: variable.shape, means, updates, ...ratesOf(range) };
      const last = runs.at(-1);
      if (last !== undefined && this.#rule.isElementwise && last.end === start && isAlike(last, run)) {
        runs[runs.length - 1] = joined(last, run);
      } else runs.push(run);
    }
    return runs;
  }
}

function isAlike(one: VariableRun, other: VariableRun): boolean {
  return (
    one.updates === other.updates && one.learningRate === other.learningRate && one.weightDecay === other.weightDecay
  );
}

/** An elementwise rule's means have the same lengths as the variables, so their arrays are neighbours too. */
function joined(one: VariableRun, other: VariableRun): VariableRun {
  const means = one.means.map((mean, index) => ({ ...mean, end: other.means[index]?.end ?? mean.end }));
  return { ...one, end: other.end, shape: [other.end - one.start], means };
}
