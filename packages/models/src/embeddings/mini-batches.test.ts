// Against sentence-transformers' CachedMultipleNegativesRankingLoss: fixtures/make_embeddings.py made the numbers.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { addLowRank } from "@lowrank/engine";
import { differentiate } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelInputs } from "../inputs/model-inputs.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { comparisonLoss } from "./comparison-loss.ts";

interface Expected {
  readonly input_ids: readonly number[][][];
  readonly attention_mask: readonly number[][][];
  readonly loss: number;
  readonly variables: Readonly<Record<string, { readonly value: number[][]; readonly gradient: number[][] }>>;
}

const fixtures = new URL("../../fixtures/", import.meta.url);
const { cached }: { cached: Expected } = JSON.parse(readFileSync(new URL("embeddings.json", fixtures), "utf8"));
const settings = { pooling: "mean", isNormalized: false } as const;
const context = { ...inferenceContext(activeAdapters("a")), training: true };

/** PEFT's matrices are transposed. */
const variables = new Map(
  Object.entries(cached.variables).map(([name, { value }]) => [
    name,
    tf.tidy(() => tf.variable(tf.transpose(tf.tensor2d(value)), true, name)),
  ]),
);
let peakBytes = 0;
const seen: ForwardContext["random"][] = [];

let model: PretrainedModel;
beforeAll(async () => {
  model = await loadModel(openFolder(fileURLToPath(new URL("bert-features", fixtures))));
  for (const site of model.sites()) {
    const [a, b] = ["A", "B"].map((matrix) => variables.get(`${site.path}.lora_${matrix}`) as tf.Variable<tf.Rank.R2>);
    if (a === undefined || b === undefined) continue;
    site.attach("a", {
      variables: [a, b],
      apply: ({ input, output, context: { random } }) => {
        seen.push(random);
        peakBytes = Math.max(peakBytes, tf.memory().numBytes);
        return addLowRank(output, input, a, b, 1);
      },
    });
  }
});
afterAll(() => {
  model.dispose();
  tf.dispose([...variables.values()]);
});

/** Ids and mask of the first pairs: all first texts, then all second ones. */
function inputsOf(pairs = 64) {
  const rows = (columns: readonly number[][][]) => columns.flatMap((texts) => texts.slice(0, pairs));
  return {
    inputIds: tf.tensor2d(rows(cached.input_ids), undefined, "int32"),
    attentionMask: tf.tensor2d(rows(cached.attention_mask), undefined, "int32"),
  };
}

const lossOf = (inputs: ModelInputs, miniBatchSize?: number) =>
  comparisonLoss("ranking", {
    embeddings: model.embed(inputs, settings, context, { miniBatchSize }),
    columns: 2,
    miniBatchSize,
  });

const derivatives = (inputs: ModelInputs, miniBatchSize?: number) =>
  differentiate(() => lossOf(inputs, miniBatchSize), [...variables.values()]);

describe("a batch embedded in mini-batches", () => {
  it.each([24, undefined])("of %s has sentence-transformers' loss and gradients", (size) => {
    tf.tidy(() => {
      const { value, gradients } = derivatives(inputsOf(), size);
      expectClose(value.dataSync(), [cached.loss], 1e-5, "loss");
      for (const [index, [name, { gradient }]] of Object.entries(cached.variables).entries())
        expectClose(tf.transpose(gradients[index] as tf.Tensor).dataSync(), gradient.flat(), 1e-5, name);
    });
  });

  it("needs no more memory for 16 times as many texts, except for their ids and embeddings", () => {
    /** Bytes in use at most where an adapter acts, forward or backward. */
    const peak = (pairs: number) =>
      tf.tidy(() => {
        const { inputIds } = inputsOf(pairs); // without padding all mini-batches have the same size
        const before = tf.memory().numBytes;
        peakBytes = 0;
        derivatives({ inputIds }, 4);
        return peakBytes - before;
      });
    const [time, width] = [5, 16];
    expect(peak(32) - peak(2)).toBeLessThanOrEqual(4 * (2 * 30) * (time + width + 1)); // and a loss
  });

  it("drops other entries in each mini-batch, and the same ones again in the backward pass", () => {
    seen.length = 0;
    tf.tidy(() => derivatives(inputsOf(6), 5).value);
    const steps = seen.map(({ microStep }) => microStep / 2 ** 16);
    expect(steps.slice(0, 6)).toEqual([0, 0, 1, 1, 2, 2]); // two layers
    expect(steps.slice(6).sort()).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("uses each row's own adapter", () => {
    tf.tidy(() => {
      const own = inferenceContext(adapterRows(Array.from({ length: 8 }, (_, row) => (row % 3 === 0 ? "a" : null))));
      const whole = model.embed(inputsOf(4), settings, own);
      expectClose(model.embed(inputsOf(4), settings, own, { miniBatchSize: 3 }).dataSync(), whole.dataSync(), 1e-6);
    });
  });

  it("leaks nothing, and is refused for a size of 0", async () => {
    await expectNoLeak(() => tf.tidy(() => derivatives(inputsOf(3), 4).value).dispose());
    expect(() => tf.tidy(() => lossOf(inputsOf(2), 0))).toThrow("miniBatchSize: 0 is not a whole number from 1");
  });
});
