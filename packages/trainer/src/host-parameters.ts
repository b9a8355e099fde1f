// The variables' values as plain arrays, read from the backend only when somebody else has written them.

import * as tf from "@tensorflow/tfjs-core";
import { readTensors } from "./read-tensors.ts";

interface Known {
  /** Changes with every assignment, so it tells whether `values` are still those of the variable. */
  readonly dataId: object;
  readonly values: Float32Array;
}

/** Keeps the arrays beside the variables. An array handed out is never written to. */
export class HostParameters {
  readonly #known = new Map<string, Known>();

  constructor(private readonly variables: ReadonlyMap<string, tf.Variable>) {}

  /** The present values of every variable. */
  async read(): Promise<ReadonlyMap<string, Float32Array>> {
    const changed = [...this.variables].filter(([name, { dataId }]) => this.#known.get(name)?.dataId !== dataId);
    const values = await readTensors(changed.map(([, variable]) => variable));
    for (const [index, [name, { dataId }]] of changed.entries()) {
      this.#known.set(name, { dataId, values: values[index] as Float32Array });
    }
    return new Map([...this.#known].map(([name, { values: own }]) => [name, own]));
  }

  /** Assigns new values to one variable; the array must not be written to afterwards. */
  write(name: string, values: Float32Array): void {
    const variable = this.variables.get(name);
    if (variable === undefined) return;
    const value = tf.tensor(values, variable.shape, "float32");
    variable.assign(value);
    value.dispose();
    this.#known.set(name, { dataId: variable.dataId, values });
  }
}
