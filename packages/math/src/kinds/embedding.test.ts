import { inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { LoraAdaptation } from "../adaptations/lora-adaptation.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";

const site: Site = {
  kind: "embedding",
  path: "embed",
  role: "input-embedding",
  inFeatures: 3,
  outFeatures: 2,
  hasBias: false,
  fanInFanOut: false,
  paddingRow: 2,
  attach: () => () => undefined,
  applyBase: (ids) => tf.zeros([...ids.shape, 2]),
  readWeight: () => tf.zeros([3, 2]),
  replaceWeight: () => () => undefined,
};

function gradientsOf({ paddingRow }: Pick<Site, "paddingRow">): { readonly a: number[]; readonly b: number[] } {
  const a = tf.tensor2d([1, 2, 3], [3, 1]);
  const b = tf.tensor2d([4, 5], [1, 2]);
  const lora = LoraMatrices.fromTensors({ a, b, name: "table", kind: "embedding" });
  const adaptation = new LoraAdaptation({ lora, site, scale: 1 });
  const { paddingRow: _, ...plain } = site;
  const here: Site = paddingRow === undefined ? plain : { ...plain, paddingRow };
  const gradients = tf.tidy(() => {
    const input = tf.tensor2d([0, 2, 2], [1, 3], "int32");
    const call = { input, output: tf.zeros([1, 3, 2]), site: here, context: inferenceContext(), weight: 1 };
    expectClose(adaptation.apply(call).dataSync(), [4, 5, 12, 15, 12, 15], 0);
    const { grads } = tf.variableGrads(() => tf.sum(adaptation.apply(call)), [lora.a, lora.b]);
    return { a: [...grads[lora.a.name]!.dataSync()], b: [...grads[lora.b.name]!.dataSync()] };
  });
  lora.dispose();
  return gradients;
}

describe("LoRA at an embedding", () => {
  it("sends A no gradient from padding, and B all, as torch's embedding with a padding_idx does", () => {
    expect(gradientsOf({})).toEqual({ a: [9, 0, 18], b: [7, 7] });
    expect(gradientsOf({ paddingRow: 2 })).toEqual({ a: [9, 0, 0], b: [7, 7] });
  });

  it("leaks nothing", () => expectNoLeak(() => void gradientsOf({ paddingRow: 2 })));
});
