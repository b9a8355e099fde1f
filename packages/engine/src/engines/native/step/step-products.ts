// A plan's products with quantized matrices, which are constants of its graph. Values that several products share – x in 8
// bits, its sums over blocks – are computed once.

import type { BlockMatrix } from "../../../packed/packed-matrix.ts";
import type { StepFactor } from "../../../step/step-plan.ts";
import type { Int8Constant } from "../int8/native-int8-weights.ts";
import { largestOfRows } from "../int8/native-rounding.ts";
import { zeroPoint } from "../int8/product-session.ts";
import type { GraphWriter } from "../kernels/graph.ts";
import { evenBlocks } from "../native-blocks.ts";
import {
  addBlockProduct,
  type BlockSums,
  concatRows,
  type EvenBlocks,
  sumBlocks,
} from "../operations/block-product-graph.ts";
import type { OnnxConstant } from "../runtime/onnx-model.ts";
import type { SessionOptions } from "../runtime/onnx-runtime.ts";
import type { Packing } from "../runtime/packing.ts";
import type { GraphConstants } from "./graph-constants.ts";
import type { StepBackend } from "./step-backend.ts";

interface ProductOptions {
  readonly g: GraphWriter;
  readonly constants: GraphConstants;
  /** Whether each row is rounded to 8 bits by itself. */
  readonly roundsRows: boolean;
}

/** A value in 8 bits. */
interface RoundedValue {
  readonly codes: string;
  /** The scale: the value of a code of 1. */
  readonly step: string;
  /** The zero point: the code of 0. */
  readonly zero: string;
  /** The other factor's scales. */
  readonly factors?: string;
}

export class StepProducts {
  readonly #sums = new Map<string, string>();
  readonly #rounded = new Map<string, RoundedValue>();
  readonly #shared: OnnxConstant[] = [];
  #packing: Packing | undefined;

  constructor(
    private readonly backend: StepBackend,
    private readonly options: ProductOptions,
  ) {}

  /** Constants that other sessions have as well. */
  get shared(): SessionOptions["shared"] {
    return this.#packing && { packing: this.#packing, constants: this.#shared };
  }

  /** x times the matrix; undefined for a layout that graphs cannot multiply by. */
  of(x: string, factor: StepFactor): string | undefined {
    if (factor.kind === "blocks") return this.together(x, [factor.matrix])?.[0];
    const { int8Weights } = this.backend;
    if (factor.kind === "int8") return this.#byIntegers(x, int8Weights.constant(factor.weight));
    const { matrix, isTransposed } = factor;
    const [rows, columns] = matrix.shape;
    const shape = { rows, columns, layout: isTransposed ? "out-in" : "in-out" } as const;
    const rounded = int8Weights.constantOf(this.backend.floats(matrix), shape);
    return rounded && this.#byIntegers(x, rounded);
  }

  /** x times several matrices of blocks. Matrices of one kind are multiplied in one product, which saves most of the operations. */
  together(x: string, matrices: readonly BlockMatrix[]): readonly string[] | undefined {
    const blocks: EvenBlocks[] = [];
    for (const matrix of matrices) {
      const even = evenBlocks(matrix);
      if (even === undefined) return undefined;
      blocks.push(even);
    }
    const joined = concatRows(blocks);
    if (joined === undefined) return blocks.map((blocksOfPart) => this.#byEvenBlocks(x, blocksOfPart));
    const { g } = this.options;
    const sizes = g.integers(blocks.map(({ rows }) => rows));
    return g.nodes("Split", [this.#byEvenBlocks(x, joined), sizes], blocks.length, { axis: -1 });
  }

  #byEvenBlocks(x: string, blocks: EvenBlocks): string {
    const sumsOf: BlockSums = (g, of, matrix) => {
      const key = `${of} ${matrix.blockSize}`;
      const sums = this.#sums.get(key) ?? sumBlocks(g, of, matrix, [0, 0]); // as many axes as x
      this.#sums.set(key, sums);
      return sums;
    };
    const { g, constants } = this.options;
    const product = addBlockProduct(g, x, blocks, { name: constants.newPrefix, sumsOf });
    constants.add(...product.constants);
    return product.value;
  }

  #byIntegers(x: string, { codes, inner, columns, columnScales, packing }: Int8Constant): string | undefined {
    if (packing !== undefined && this.#packing !== undefined && this.#packing !== packing) return undefined;
    this.#packing ??= packing;
    const { g, constants } = this.options;
    const rounded = this.#roundedOnce(x);
    const name = constants.newPrefix;
    const weight: OnnxConstant = { name: `${name}weight`, type: "int8", shape: [inner, columns], values: codes };
    if (packing !== undefined) this.#shared.push(weight);
    constants.add(weight, { name: `${name}scales`, type: "float32", shape: [columns], values: columnScales });
    const inputs = [rounded.codes, weight.name, rounded.step, `${name}scales`, rounded.zero];
    const product = g.node("MatMulIntegerToFloat", inputs, {}, "com.microsoft");
    return rounded.factors === undefined ? product : g.multiply(product, rounded.factors);
  }

  #roundedOnce(x: string): RoundedValue {
    const cached = this.#rounded.get(x);
    if (cached !== undefined) return cached;
    const rounded = this.options.roundsRows ? this.#roundedRows(x) : this.#roundedWhole(x);
    this.#rounded.set(x, rounded);
    return rounded;
  }

  /** With one step, from the least entry to the largest. */
  #roundedWhole(x: string): RoundedValue {
    const [codes = "", step = "", zero = ""] = this.options.g.nodes("DynamicQuantizeLinear", [x], 3);
    return { codes, step, zero };
  }

  /** Each row divided by its largest magnitude. */
  #roundedRows(x: string): RoundedValue {
    const { g, constants } = this.options;
    const step = constants.addOnce({ name: "step", type: "float32", shape: [], values: Float32Array.of(1 / 127) });
    const zero = constants.addOnce({ name: "zero", type: "uint8", shape: [], values: Uint8Array.of(zeroPoint) });
    // A row of zeros is divided by the smallest normal number instead of 0.
    const factors = g.node("Max", [largestOfRows(g, x), g.constant(2 ** -126)]);
    return { codes: g.node("QuantizeLinear", [g.divide(x, factors), step, zero]), step, zero, factors };
  }
}
