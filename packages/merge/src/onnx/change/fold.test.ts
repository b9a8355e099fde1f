import { transposed } from "@lowrank/adapter-format/internal";
import { describe, expect, it } from "vitest";
import type { LoraChange } from "../adapter/adapter-changes.ts";
import type { OnnxWeight } from "../sites/onnx-site.ts";
import { LoraFold } from "./fold.ts";

const turn = (values: Float32Array, rows: number) => transposed({ shape: [rows, values.length / rows], values }).values;

const a = { shape: [1, 3], values: Float32Array.of(1, 2, 3) };
const b = { shape: [2, 1], values: Float32Array.of(10, 20) };
const lora = { path: "q", isEmbedding: false, a, b, scale: 0.5, magnitude: undefined };

/** Folds row by row, as blocks of a large weight come. */
function folded(
  values: Float32Array,
  rows: number,
  loras: readonly { readonly lora: LoraChange; readonly begin: number }[],
  layout: OnnxWeight["layout"],
): Float32Array {
  const columns = values.length / rows;
  const folds = loras.map(({ lora, begin }) => new LoraFold(lora, { layout, begin }));
  const rowAt = (first: number) => ({
    values: values.subarray(first * columns, (first + 1) * columns),
    columns,
    first,
  });
  for (const fold of folds.filter(({ isMeasuredFirst }) => isMeasuredFirst))
    for (let row = 0; row < rows; row++) fold.measure({ ...rowAt(row), values: rowAt(row).values.slice() });
  for (let row = 0; row < rows; row++) for (const fold of folds) fold.fold(rowAt(row));
  return values;
}

describe("an update of a weight", () => {
  it("is added in the weight's layout", () => {
    const outIn = folded(Float32Array.of(0, 0, 0, 1, 1, 1), 2, [{ lora, begin: 0 }], "out-in");
    expect([...outIn]).toEqual([5, 10, 15, 11, 21, 31]);
    const inOut = folded(turn(Float32Array.of(0, 0, 0, 1, 1, 1), 2), 3, [{ lora, begin: 0 }], "in-out");
    expect([...turn(inOut, 3)]).toEqual([...outIn]);
  });

  it("has DoRA's length for each output, in both layouts", () => {
    const loras = [{ lora: { ...lora, magnitude: Float32Array.of(7, 9) }, begin: 0 }];
    const lengths = (rows: Float32Array) => [0, 3].map((at) => Math.hypot(...rows.subarray(at, at + 3)));
    const outIn = folded(Float32Array.of(0, 0, 0, 1, 1, 1), 2, loras, "out-in");
    const inOut = folded(turn(Float32Array.of(0, 0, 0, 1, 1, 1), 2), 3, loras, "in-out");
    for (const rows of [outIn, turn(inOut, 3)]) {
      expect(lengths(rows)[0]).toBeCloseTo(7, 5);
      expect(lengths(rows)[1]).toBeCloseTo(9, 5);
    }
  });

  it("keeps an output of zeros, which has no direction", () => {
    const zero = { ...lora, b: { shape: [2, 1], values: new Float32Array(2) }, magnitude: Float32Array.of(7, 9) };
    for (const layout of ["out-in", "in-out"] as const)
      expect([...folded(new Float32Array(6), layout === "out-in" ? 2 : 3, [{ lora: zero, begin: 0 }], layout)]).toEqual(
        Array(6).fill(0),
      );
  });

  it("leaves the outputs of other modules that share the weight", () => {
    const one = { lora: { ...lora, magnitude: Float32Array.of(7, 9) }, begin: 1 };
    const other = { lora: { ...lora, b: { shape: [1, 1], values: Float32Array.of(2) } }, begin: 3 };
    const given = () => Float32Array.from({ length: 12 }, (_, index) => index);
    const outIn = folded(given(), 4, [one, other], "out-in");
    expect([...outIn.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect([3, 6].map((at) => Math.hypot(...outIn.subarray(at, at + 3)).toFixed(4))).toEqual(["7.0000", "9.0000"]);
    expect([...outIn.subarray(9)]).toEqual([10, 12, 14]);
    const inOut = folded(turn(given(), 4), 3, [one, other], "in-out");
    for (const [index, value] of turn(inOut, 3).entries()) expect(value).toBeCloseTo(outIn[index] ?? Number.NaN, 4);
  });
});
