import { activeAdapters, inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { uniform } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { LoraAdaptation } from "../adaptations/lora-adaptation.ts";
import { createLora } from "../matrices/create-lora.ts";
import { tiedHead } from "./tied-head.ts";

const drawn = (shape: readonly number[], path: string) => uniform(shape, -1, 1, { seed: 3, path });

const site: Site = {
  kind: "linear",
  path: "lm_head",
  role: "output-head",
  inFeatures: 4,
  outFeatures: 7,
  hasBias: false,
  fanInFanOut: false,
  attach: () => () => undefined,
  applyBase: (input) => tf.clone(input),
  readWeight: () => tf.zeros([4, 7]),
  replaceWeight: () => () => undefined,
};

/** The pair of a table with 7 rows of 4. */
function withPair(use: (adaptation: LoraAdaptation, table: LoraAdaptation) => void): void {
  const key = { seed: 3, path: "embed" };
  const sizes = { inFeatures: 7, outFeatures: 4, rank: 2, kind: "embedding", init: "random" } as const;
  const lora = createLora({ ...sizes, key, name: "tied" });
  use(
    new LoraAdaptation({ lora, scale: 1.5, branch: tiedHead }),
    new LoraAdaptation({ lora, scale: 1.5, site: { kind: "embedding" } }),
  );
  lora.dispose();
}

const apply = (adaptation: LoraAdaptation, x: tf.Tensor, weight = 1) =>
  adaptation.apply({
    input: x,
    output: tf.zeros([3, 7]),
    site,
    context: inferenceContext(activeAdapters("default")),
    weight,
  });

describe("an embedding's A and B at a head that shares its table", () => {
  it("adds the table's update, seen the other way round", () =>
    expectNoLeak(() =>
      withPair((adaptation, table) => {
        const [got, expected, folded] = tf.tidy(() => {
          const x = drawn([3, 4], "x") as tf.Tensor2D;
          const update = tf.transpose(table.delta(1)) as tf.Tensor2D;
          return [
            apply(adaptation, x).dataSync(),
            tf.matMul(x, update).dataSync(),
            tf.matMul(x, adaptation.fold(tf.zeros([4, 7])) as tf.Tensor2D).dataSync(),
          ];
        });
        expectClose(got!, expected!, 1e-5);
        expectClose(folded!, expected!, 1e-5);
      }),
    ));

  it("follows the scale and the weight in the active set", () => {
    withPair((adaptation) => {
      const [once, thrice] = tf.tidy(() => {
        const x = drawn([3, 4], "x");
        const first = apply(adaptation, x).dataSync();
        adaptation.scale = 4.5;
        return [first, apply(adaptation, x, 2).dataSync()];
      });
      expectClose(
        thrice!,
        once!.map((value) => 6 * value),
        1e-5,
      );
      expect(adaptation.scale).toBe(4.5);
    });
  });
});
