import { activeAdapters, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import type { TokenPositions } from "@lowrank/contracts/internal";
import { LoraAdaptation, LoraMatrices } from "@lowrank/math";
import { BiasedAdaptation } from "@lowrank/math/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { ActivatedAdaptation } from "./activated-lora.ts";

const site: Site = {
  kind: "linear",
  path: "h.0.fc",
  role: "body",
  inFeatures: 2,
  outFeatures: 1,
  hasBias: false,
  fanInFanOut: false,
  attach: () => () => undefined,
  applyBase: (input) => tf.clone(input),
  readWeight: () => tf.zeros([2, 1]),
  replaceWeight: () => () => undefined,
};
const tokens = [7];

/** Tells for the tokens [7] what it is given. */
function placesOf(since: readonly number[]): TokenPositions {
  return {
    count: since.length,
    since: (asked) => (asked === tokens ? Float32Array.from(since) : new Float32Array(since.length)),
    pick: (states) => placesOf(states.map((state) => since[state] ?? 0)),
  };
}

const context = (since: readonly number[]): ForwardContext => ({
  ...inferenceContext(activeAdapters("default")),
  tokenPositions: placesOf(since),
});

/** Adds 2·(x₀ + x₁ + 0.5). */
async function withAdaptation(work: (adaptation: ActivatedAdaptation, lora: LoraMatrices) => void): Promise<void> {
  await expectNoLeak(() => {
    const lora = LoraMatrices.fromTensors({ a: tf.ones([2, 1]), b: tf.ones([1, 1]), name: "activated" });
    const bias = tf.tidy(() => tf.variable(tf.tensor1d([0.5])));
    const plain = new LoraAdaptation({ lora, scale: 2 });
    work(new ActivatedAdaptation(new BiasedAdaptation(plain, bias), tokens), lora);
    lora.dispose();
    bias.dispose();
  });
}

/** One text of three states: [1, 2], [3, 4], [5, 6]; the base gives 10 at each. */
function outputOf(adaptation: ActivatedAdaptation, since: ForwardContext): readonly number[] {
  return tf.tidy(() => {
    const input = tf.tensor3d([1, 2, 3, 4, 5, 6], [1, 3, 2]);
    const output = tf.fill([1, 3, 1], 10);
    const result = adaptation.apply({ input, output, site, context: since, weight: 1 });
    expect(result.shape).toEqual([1, 3, 1]);
    return Array.from(result.dataSync());
  });
}

describe("ActivatedAdaptation", () => {
  it.each([
    ["nowhere", [0, 0, 0], [10, 10, 10]],
    ["from a state on", [0, 1, 1], [10, 10 + 2 * 7.5, 10 + 2 * 11.5]],
    ["everywhere", [1, 1, 1], [10 + 2 * 3.5, 10 + 2 * 7.5, 10 + 2 * 11.5]],
  ])("acts %s, its bias too", (_, since, expected) =>
    withAdaptation((adaptation) => expectClose(outputOf(adaptation, context(since)), expected, 1e-6)),
  );

  it("multiplies its scale and the call's strength", () =>
    withAdaptation((adaptation) => {
      adaptation.scale = 1;
      expectClose(outputOf(adaptation, context([0, 1, 1])), [10, 17.5, 21.5], 1e-6);
    }));

  it.each([
    [
      [0, 1, 1],
      [2 * (3 + 5), 2 * (4 + 6)],
    ],
    [
      [0, 0, 0],
      [0, 0],
    ],
  ])("gives A its gradient from the states where it acts alone: %j", (since, expected) =>
    withAdaptation((adaptation, { a }) => {
      const { value, grads } = tf.variableGrads(() => {
        const input = tf.tensor3d([1, 2, 3, 4, 5, 6], [1, 3, 2]);
        const call = { input, output: tf.zeros([1, 3, 1]), site, context: context(since), weight: 1 };
        return tf.sum<tf.Scalar>(adaptation.apply(call));
      }, [a]);
      expectClose(grads[a.name]?.dataSync() ?? [], expected, 1e-6);
      tf.dispose([value, grads]);
    }),
  );

  it("refuses a call without positions of its states, naming the layer", () =>
    withAdaptation((adaptation) => {
      const without = inferenceContext(activeAdapters("default"));
      expect(() => outputOf(adaptation, without)).toThrow(expect.objectContaining({ code: "PLACES_MISSING" }));
      expect(() => outputOf(adaptation, without)).toThrow(/"h\.0\.fc".*causal language model/);
    }));
});
