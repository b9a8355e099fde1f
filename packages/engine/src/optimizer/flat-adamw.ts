// AdamW on a backend that has it as kernels of its own (webgpu). Gradients and moments stay in the GPU's memory: reading them would
// take longer than a small model's whole step.

import * as tf from "@tensorflow/tfjs-core";

/** Kernels that only such a backend has. */
export type FlatKernel = "LowrankAdamW" | "LowrankJoinFlat" | "LowrankSplitFlat";

/** A variable and its rates. */
export interface FlatVariable {
  readonly variable: tf.Variable;
  /** Multiplies the learning rate. */
  readonly rateFactor: number;
  /** Share of the value, times its learning rate, that is subtracted. */
  readonly weightDecay: number;
}

/** The numbers of one update. */
export interface FlatUpdate {
  readonly learningRate: number;
  readonly betas: readonly [first: number, second: number];
  readonly epsilon: number;
  /** Clips gradients to this global norm; null: no clipping. */
  readonly clipNorm: number | null;
}

/** The moments of all variables, one after the other, and how often each variable was updated. */
export interface FlatMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly updates: Int32Array;
}

/**
 * Gradients of one step, and AdamW's state, of variables that are updated together. The caller disposes of it.
 *
 * @example
 * ```ts
 * import { FlatAdamW } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * await tf.setBackend("cpu");
 * const variable = tf.variable(tf.scalar(1));
 * const update = FlatAdamW.start([{ variable, rateFactor: 1, weightDecay: 0 }]); // undefined: only webgpu has the kernels
 * variable.dispose();
 * ```
 */
export class FlatAdamW {
  readonly #variables: readonly FlatVariable[];
  readonly #starts: readonly number[];
  readonly #size: number;
  #values: tf.Tensor | undefined;
  /** Of the variables when `#values` was filled; every assignment changes them. */
  #known: readonly object[] = [];
  #first: tf.Tensor;
  #second: tf.Tensor;
  #counts: tf.Tensor;
  readonly #status = tf.zeros([4]);
  #table: { readonly found: string; readonly tensor: tf.Tensor } | undefined;
  /** Of this step: sums, whether each variable has a gradient, and the weight of all losses. */
  #gradients: tf.Tensor | undefined;
  #loss: tf.Tensor | undefined;
  #found: boolean[] = [];
  #weight = 0;

  private constructor(variables: readonly FlatVariable[]) {
    this.#variables = variables;
    let size = 0;
    this.#starts = variables.map(({ variable }) => {
      size += variable.size;
      return size - variable.size;
    });
    this.#size = size;
    [this.#first, this.#second] = [tf.zeros([size]), tf.zeros([size])];
    this.#counts = tf.zeros([variables.length], "int32");
    this.clear();
  }

  /** Undefined where the current backend has no such kernels, or there is nothing to update. */
  static start(variables: readonly FlatVariable[]): FlatAdamW | undefined {
    const isHere = tf.getKernel("LowrankAdamW" satisfies FlatKernel, tf.getBackend()) != null;
    return isHere && variables.every(({ variable }) => variable.size > 0) ? new FlatAdamW(variables) : undefined;
  }

  /** Begins a step without gradients. */
  clear(): void {
    tf.dispose([this.#gradients ?? [], this.#loss ?? []]);
    [this.#gradients, this.#loss, this.#weight] = [undefined, undefined, 0];
    this.#found = this.#variables.map(() => false);
  }

  /** Counts a loss of 0. */
  skip(weight: number): void {
    this.#weight += weight;
  }

  /** Adds `weight` times a loss (a scalar) and its gradients, undefined where a variable has none. They remain the caller's. */
  add(loss: tf.Tensor, gradients: readonly (tf.Tensor | undefined)[], weight: number): void {
    this.#weight += weight;
    this.#found = this.#found.map((isFound, index) => isFound || gradients[index] !== undefined);
    this.#gradients = summed(this.#gradients, this.#join(gradients), weight);
    this.#loss = summed(this.#loss, tf.clone(loss), weight);
  }

  /**
   * Divides loss and gradients by their weights, clips, and updates every variable that has a gradient, unless a number is not finite.
   * Returns the mean loss and the global norm before clipping (0 without any), the only numbers that are read.
   */
  async update({ learningRate, betas, epsilon, clipNorm }: FlatUpdate): Promise<{ loss: number; norm: number }> {
    const [gradients, loss] = [this.#gradients, this.#loss];
    if (gradients === undefined || loss === undefined) return { loss: 0, norm: 0 };
    const state = { first: this.#first, second: this.#second, counts: this.#counts, status: this.#status };
    run(
      "LowrankAdamW",
      { gradients, loss, table: this.#currentTable(), values: this.#currentValues(), ...state },
      {
        ...{ learningRate, beta1: betas[0], beta2: betas[1], epsilon, scale: 1 / this.#weight },
        clipNorm: clipNorm ?? largest,
      },
    );
    this.#assign();
    const [mean = Number.NaN, norm = Number.NaN] = await this.#status.data();
    return { loss: mean, norm };
  }

  /** The sums of this step's gradients, one variable after the other; empty if there are none. */
  async readGradients(): Promise<Float32Array> {
    return (await this.#gradients?.data<"float32">()) ?? new Float32Array();
  }

  /** A copy. */
  async readMoments(): Promise<FlatMoments> {
    const read = [this.#first.data<"float32">(), this.#second.data<"float32">()] as const;
    const [first, second, updates] = await Promise.all([...read, this.#counts.data<"int32">()]);
    return { first: first.slice(), second: second.slice(), updates: updates.slice() };
  }

  /** Continues from moments that were read; without any, from the state before the first update. */
  restore({ first, second, updates }: Partial<FlatMoments> = {}): void {
    tf.dispose([this.#first, this.#second, this.#counts]);
    this.#first = numbers(first ?? new Float32Array(this.#size));
    this.#second = numbers(second ?? new Float32Array(this.#size));
    this.#counts = numbers(updates ?? new Int32Array(this.#variables.length));
  }

  dispose(): void {
    this.clear();
    tf.dispose([this.#first, this.#second, this.#counts, this.#status, this.#values ?? [], this.#table?.tensor ?? []]);
  }

  #join(tensors: readonly (tf.Tensor | undefined)[]): tf.Tensor {
    const found = tensors.flatMap((tensor, index) =>
      tensor === undefined ? [] : [{ tensor, start: this.#starts[index] }],
    );
    const starts = found.map(({ start }) => start as number);
    const [joined] = run("LowrankJoinFlat", byIndex(found.map(({ tensor }) => tensor)), { starts, size: this.#size });
    return joined as tf.Tensor;
  }

  /** The values of all variables in one tensor, which is filled again if other code has assigned one. */
  #currentValues(): tf.Tensor {
    const isKnown = this.#variables.every(({ variable }, index) => variable.dataId === this.#known[index]);
    if (this.#values !== undefined && isKnown) return this.#values;
    this.#values?.dispose();
    this.#values = this.#join(this.#variables.map(({ variable }) => variable));
    this.#known = this.#variables.map(({ variable }) => variable.dataId);
    return this.#values;
  }

  /** Gives each variable that has a gradient a tensor of its own: one that was read before keeps its values. */
  #assign(): void {
    const changed = this.#variables.filter((_, index) => this.#found[index] === true).map(({ variable }) => variable);
    const starts = this.#starts.filter((_, index) => this.#found[index] === true);
    const parts = run("LowrankSplitFlat", { flat: this.#currentValues(), ...byIndex(changed) }, { starts });
    for (const [index, variable] of changed.entries()) variable.assign(parts[index] as tf.Tensor);
    tf.dispose([...parts]);
    this.#known = this.#variables.map(({ variable }) => variable.dataId);
  }

  /** [variables, 4]: start, whether there is a gradient, and the bits of both rates. Uploaded only if it changes. */
  #currentTable(): tf.Tensor {
    const found = this.#found.join();
    if (this.#table?.found === found) return this.#table.tensor;
    this.#table?.tensor.dispose();
    const rows = new Int32Array(4 * this.#variables.length);
    const rates = new Float32Array(rows.buffer);
    for (const [index, { rateFactor, weightDecay }] of this.#variables.entries()) {
      rows.set([this.#starts[index] ?? 0, this.#found[index] === true ? 1 : 0], 4 * index);
      rates.set([rateFactor, weightDecay], 4 * index + 2);
    }
    this.#table = { found, tensor: numbers(rows) };
    return this.#table.tensor;
  }
}

/** The largest float32: clipping to it changes nothing. */
const largest = 3.4028234663852886e38;

function run(name: FlatKernel, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): readonly tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes) as unknown as readonly tf.Tensor[];
}

function byIndex(tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(tensors.entries());
}

function numbers(values: Float32Array | Int32Array): tf.Tensor {
  return tf.tensor1d(values, values instanceof Int32Array ? "int32" : "float32");
}

/** sum + weight·term; takes ownership of both. */
function summed(sum: tf.Tensor | undefined, term: tf.Tensor, weight: number): tf.Tensor {
  if (sum === undefined && weight === 1) return term;
  const result = tf.tidy(() => {
    const weighted = weight === 1 ? term : tf.mul(term, weight);
    return sum === undefined ? weighted : tf.add(sum, weighted);
  });
  tf.dispose([sum ?? [], term]);
  return result;
}
