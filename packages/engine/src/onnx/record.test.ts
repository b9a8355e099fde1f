import "@tensorflow/tfjs-backend-cpu";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { quantizeGraph } from "./quantize-graph.ts";
import { recordGraph } from "./record.ts";
import { factorsOf, freePrimes, sizeText } from "./varying-sizes.ts";

const rows = { name: "rows", value: 101 };

/** A product with a matrix [inFeatures, inFeatures] of ones. */
async function productGraph(inFeatures: number) {
  const matrix = tf.ones<tf.Rank.R2>([inFeatures, inFeatures]);
  const graph = await recordGraph([rows], (input) => {
    const x = input({ name: "x", shape: [rows.value, inFeatures], dtype: "float32" }) as tf.Tensor2D;
    return { y: tf.reshape(tf.matMul(x, matrix), [-1, 2, inFeatures / 2]) };
  });
  matrix.dispose();
  return graph;
}

describe("recordGraph", () => {
  it("names sizes that vary and leaves them open in shapes", async () => {
    const { inputs, outputs, nodes } = await productGraph(4);
    expect(inputs).toEqual([{ name: "x", type: "float32", shape: ["rows", 4] }]);
    expect(outputs).toEqual(["y"]);
    expect(nodes.map(({ op }) => op)).toEqual(["MatMul", "Constant", "Reshape", "Identity"]);
    expect(nodes[1]?.attributes).toEqual({ value_ints: [0, 2, 2] });
  });

  it("leaves no tensor and the backend as before, also after an error", async () => {
    const before = tf.getBackend();
    await expectNoLeak(async () => void (await productGraph(4)));
    const reading = () =>
      recordGraph([rows], (input) => {
        const x = input({ name: "x", shape: [101], dtype: "float32" });
        return { y: tf.scalar(tf.square(x).dataSync()[0] ?? 0) };
      });
    await expectNoLeak(() => expect(reading).rejects.toThrow(/cannot be written as an ONNX model: it reads values/));
    expect(tf.getBackend()).toBe(before);
  });

  it("names an operation that it has no nodes for", async () => {
    const unknown = () =>
      recordGraph([rows], (input) => ({ y: tf.acosh(input({ name: "x", shape: [101], dtype: "float32" })) }));
    await expect(unknown).rejects.toThrow(/Kernel 'Acosh' not registered/);
  });
});

describe("quantizeGraph", () => {
  it("multiplies large matrices in 8 bits and leaves small ones", async () => {
    expect(quantizeGraph(await productGraph(4)).nodes.some(({ op }) => op === "MatMulInteger")).toBe(false);
    const { nodes, constants = [] } = quantizeGraph(await productGraph(128));
    expect(nodes.filter(({ op }) => op === "DynamicQuantizeLinear" || op === "MatMulInteger").length).toBe(2);
    expect(constants.find(({ shape }) => shape.join() === "128,128")).toMatchObject({ type: "uint8" });
  });
});

describe("sizes that vary", () => {
  it("are recognized in products by primes that divide no other size", () => {
    const [first = 0, second = 0] = freePrimes(2, [202, 64]);
    expect([first, second]).toEqual([103, 107]);
    const varying = [
      { name: "batch", value: first },
      { name: "time", value: second },
    ];
    expect(factorsOf(12 * 103 * 107, varying)).toEqual({ constant: 12, names: ["batch", "time"] });
    expect(sizeText(103 * 107, varying)).toBe("batch·time");
    expect(sizeText(64, varying)).toBe("64");
  });
});
