// Where each variable's numbers lie when all of them share one array: parameters, gradients and moments alike.

import type { Variable } from "@tensorflow/tfjs-core";

/** One variable's range of the array. */
export interface Place {
  readonly name: string;
  readonly variable: Variable;
  readonly start: number;
  /** Just behind the last number. */
  readonly end: number;
}

/** The table of ranges, in the order of the variables. */
export class FlatLayout {
  readonly places: readonly Place[];
  /** Numbers in all. */
  readonly size: number;

  constructor(variables: ReadonlyMap<string, Variable>) {
    let end = 0;
    this.places = [...variables].map(([name, variable]) => {
      const start = end;
      end += variable.size;
      return { name, variable, start, end };
    });
    this.size = end;
  }
}
