// Adds low-rank updates to weights that come in blocks of rows, because an embedding may be larger than memory.

import { type AdapterTensor, transposed } from "@lowrank/adapter-format/internal";
import type { LoraChange } from "../adapter/adapter-changes.ts";
import type { OnnxWeight } from "../sites/onnx-site.ts";

/** Some rows of a weight. */
export interface WeightRows {
  /** [rows, columns], a convolution's kernel among the columns */
  readonly values: Float32Array;
  readonly columns: number;
  /** Index of the first row. */
  readonly first: number;
}

/** The position of a module's outputs in a weight. */
export interface WeightPart {
  readonly layout: OnnxWeight["layout"];
  /** Index of its first output, if several modules share the weight. */
  readonly begin: number;
}

/**
 * Adds scale·(B·A) to a weight, in place. A magnitude m (Liu et al. 2024) then sets the length of each output: m·(W + s·B·A)/‖W +
 * s·B·A‖; zeros stay zeros. If an output's values are in all rows, the rows are read twice, first to measure all lengths.
 */
export class LoraFold {
  /** Whether `measure` must see every row before `fold` does. */
  readonly isMeasuredFirst: boolean;
  readonly #outputs: number;
  readonly #rank: number;
  /** [rows, rank]·[rank, columns], in the weight's layout */
  readonly #left: Float32Array;
  readonly #right: Float32Array;
  readonly #squares: Float64Array;

  constructor(
    private readonly lora: LoraChange,
    private readonly part: WeightPart,
  ) {
    const { a, b, magnitude } = lora;
    this.#rank = a.shape[0] ?? 0;
    this.#outputs = b.values.length / this.#rank;
    const isOutIn = part.layout === "out-in";
    this.#left = isOutIn ? b.values : transposeRows(a.values, this.#rank);
    this.#right = isOutIn ? a.values : transposeRows(b.values, this.#outputs);
    this.isMeasuredFirst = !isOutIn && magnitude !== undefined;
    this.#squares = new Float64Array(magnitude === undefined ? 0 : this.#outputs);
  }

  measure(rows: WeightRows): void {
    this.#add(rows);
    this.#countSquares(rows);
  }

  fold(rows: WeightRows): void {
    this.#add(rows);
    const { magnitude } = this.lora;
    if (magnitude === undefined) return;
    if (!this.isMeasuredFirst) this.#countSquares(rows);
    const squares = this.#squares;
    this.#each(rows, (values, output) => {
      for (let at = 0; at < values.length; at++) {
        const outputIndex = output + (this.part.layout === "out-in" ? 0 : at);
        values[at]! *= magnitude[outputIndex]! / (Math.sqrt(squares[outputIndex]!) || 1);
      }
    });
  }

  #add(rows: WeightRows): void {
    const [rank, right] = [this.#rank, this.#right];
    this.#each(rows, (target, _, row) => {
      for (let index = 0; index < rank; index++) {
        const factor = this.lora.scale * this.#left[row * rank + index]!;
        if (factor === 0) continue;
        const source = index * target.length;
        for (let column = 0; column < target.length; column++) target[column]! += factor * right[source + column]!;
      }
    });
  }

  #countSquares(rows: WeightRows): void {
    this.#each(rows, (values, output) => {
      for (let at = 0; at < values.length; at++)
        this.#squares[output + (this.part.layout === "out-in" ? 0 : at)]! += values[at]! ** 2;
    });
  }

  /** Calls `call` for each row with the module's values, the index of its first output, and the row of `#left`. */
  #each(
    { values, columns, first }: WeightRows,
    call: (values: Float32Array, output: number, row: number) => void,
  ): void {
    const { layout, begin } = this.part;
    for (let index = 0; index * columns < values.length; index++) {
      const row = values.subarray(index * columns, (index + 1) * columns);
      if (layout === "in-out") call(row.subarray(begin, begin + this.#outputs), 0, first + index);
      else {
        const output = first + index - begin;
        if (output >= 0 && output < this.#outputs) call(row, output, output);
      }
    }
  }
}

/** [rows, columns] → [columns, rows]; a convolution's kernel axes belong to the columns. */
function transposeRows(values: Float32Array, rows: number): Float32Array {
  return transposed({ shape: [rows, values.length / rows], values }).values;
}

/** A and B for a branch next to a node: [inFeatures, rank] and, scaled, [rank, outFeatures]. */
export function branchFactors({ a, b, scale }: Pick<LoraChange, "a" | "b" | "scale">): {
  readonly a: AdapterTensor;
  readonly b: AdapterTensor;
} {
  const [rank = 0, inputs = 0] = a.shape;
  const outputs = b.shape[0] ?? 0;
  return {
    a: { shape: [inputs, rank], values: transposeRows(a.values, rank) },
    b: { shape: [rank, outputs], values: transposeRows(b.values, outputs).map((value) => value * scale) },
  };
}
