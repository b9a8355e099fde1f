// The range of each variable when all variables share one array. Parameters, gradients and moments use the same layout.

import type { Variable } from "@tensorflow/tfjs-core";

/** One variable's range of the array. */
export interface VariableRange {
  readonly name: string;
  readonly variable: Variable;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** The table of ranges, in the order of the variables. */
export class FlatLayout {
  readonly ranges: readonly VariableRange[];
  /** The length of the array. */
  readonly size: number;

  constructor(variables: ReadonlyMap<string, Variable>) {
    let end = 0;
    this.ranges = [...variables].map(([name, variable]) => {
      const start = end;
      end += variable.size;
      return { name, variable, start, end };
    });
    this.size = end;
  }
}
