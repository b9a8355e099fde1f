// Against sentence-transformers 6.2.0: fixtures/make_embeddings.py made the numbers.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { type ComparisonLoss, comparisonLoss } from "./comparison-loss.ts";
import { readEmbeddingSettings } from "./embedding-settings.ts";
import { cosineLoss, orderLoss, rankingLoss, tripletLoss } from "./sentence-losses.ts";

interface Expected {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly embeddings: Readonly<Record<string, { readonly pooled: number[][]; readonly normalised: number[][] }>>;
  readonly columns: readonly number[][][];
  readonly scores: readonly number[];
  readonly losses: Readonly<Record<string, { readonly loss: number; readonly gradients: readonly number[][][] }>>;
}

const fixtures = new URL("../../fixtures/", import.meta.url);
const expected: Expected = JSON.parse(readFileSync(new URL("embeddings.json", fixtures), "utf8"));

describe("a text's embedding", () => {
  let model: PretrainedModel;
  beforeAll(async () => {
    model = await loadModel(openFolder(fileURLToPath(new URL("bert-features", fixtures))));
  });
  afterAll(() => model.dispose());

  const inputs = () => ({
    inputIds: tf.tensor2d(expected.input_ids, undefined, "int32"),
    attentionMask: tf.tensor2d(expected.attention_mask, undefined, "int32"),
  });

  it.each(["mean", "cls", "lasttoken"])("is sentence-transformers' for %s, as it is and of length 1", async (mode) => {
    const { pooling } = await readEmbeddingSettings(steps(2), async () => ({ pooling_mode: mode }));
    const wanted = expected.embeddings[mode];
    tf.tidy(() => {
      const pooled = model.embed(inputs(), { pooling, isNormalized: false });
      expectClose(pooled.dataSync(), wanted?.pooled.flat() ?? [], 1e-5, "pooled");
      const normalised = model.embed(inputs(), { pooling, isNormalized: true });
      expectClose(normalised.dataSync(), wanted?.normalised.flat() ?? [], 1e-5, "normalised");
    });
  });

  it("is the same for a single text, without a mask", () => {
    tf.tidy(() => {
      const inputIds = tf.tensor2d(expected.input_ids.slice(0, 1), undefined, "int32");
      for (const [pooling, mode] of [
        ["mean", "mean"],
        ["first", "cls"],
        ["last", "lasttoken"],
      ] as const) {
        const alone = model.embed({ inputIds }, { pooling, isNormalized: true });
        expectClose(alone.dataSync(), expected.embeddings[mode]?.normalised[0] ?? [], 1e-5, mode);
      }
    });
  });

  it("is shorter with fewer dimensions, and then of length 1", () => {
    tf.tidy(() => {
      const settings = { pooling: "mean", isNormalized: true } as const;
      const whole = model.embed(inputs(), settings);
      const [first = []] = tf.slice2d(whole, [0, 0], [1, 4]).arraySync();
      const short = model.embed(inputs(), { ...settings, dimensions: 4 });
      expect(short.shape).toEqual([3, 4]);
      expectClose(
        short.dataSync().slice(0, 4),
        first.map((value) => value / Math.hypot(...first)),
        1e-6,
      );
      expect(() => model.embed(inputs(), { ...settings, dimensions: 17 })).toThrow("from 1 to 16");
    });
  });

  it("leaks nothing", async () => {
    await expectNoLeak(() => {
      const given = inputs();
      tf.dispose([model.embed(given, { pooling: "mean", isNormalized: true }), given]);
    });
  });
});

describe("a loss of embeddings", () => {
  const columns = () => expected.columns.map((column) => tf.tensor2d(column));
  const { scores } = expected;
  const losses = {
    pairs: (anchors, positives) => rankingLoss({ anchors, positives }),
    negatives: (anchors, positives, negatives) => rankingLoss({ anchors, positives, negatives: [negatives] }),
    cosine: (first, second) => cosineLoss({ first, second, scores }),
    order: (first, second) => orderLoss({ first, second, scores }),
    triplet: (anchors, positives, negatives) => tripletLoss({ anchors, positives, negatives }),
    "gist pairs": (...columns) => guided(columns.slice(0, 2)),
    "gist negatives": (...columns) => guided(columns),
    "matryoshka pairs": (...columns) => matryoshka("ranking", columns.slice(0, 2), [2, 5, 3], [0.5, 1, 2]),
    "matryoshka triplet": (...columns) => matryoshka("triplet", columns, [5, 2]),
  } satisfies Record<string, (...columns: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => tf.Scalar>;

  it.each(Object.entries(losses))("%s is sentence-transformers', with its gradients", (name, loss) => {
    const wanted = expected.losses[name];
    tf.tidy(() => {
      const given = columns().slice(0, wanted?.gradients.length);
      const ofColumns = (...some: tf.Tensor[]) => loss(...(some as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]));
      const { value, grads } = tf.valueAndGrads(ofColumns)(given);
      expectClose(value.dataSync(), [wanted?.loss ?? Number.NaN], 1e-5, "loss");
      for (const [column, gradient] of (wanted?.gradients ?? []).entries())
        expectClose(grads[column]?.dataSync() ?? [], gradient.flat(), 1e-5, `gradient of column ${column}`);
    });
  });

  it("is found by its name in a batch, column after column", () => {
    tf.tidy(() => {
      const [first, second, third] = columns();
      const pairs = { embeddings: tf.concat2d([first!, second!], 0), columns: 2 };
      const triplets = { embeddings: tf.concat2d([first!, second!, third!], 0), columns: 3 };
      const made = {
        pairs: comparisonLoss("ranking", pairs),
        negatives: comparisonLoss("ranking", triplets),
        triplet: comparisonLoss("triplet", triplets),
        cosine: comparisonLoss("cosine", { ...pairs, similarities: scores }),
        order: comparisonLoss("order", { ...pairs, similarities: scores }),
      };
      for (const [name, loss] of Object.entries(made))
        expectClose(loss.dataSync(), [expected.losses[name]?.loss ?? Number.NaN], 1e-5, name);
      expect(() => comparisonLoss("gist", pairs)).toThrow(/needs the guide's embeddings/);
      expect(() => comparisonLoss("order", pairs)).toThrow(/needs two texts a row with a score/);
      expect(() => comparisonLoss("triplet", pairs)).toThrow(/needs three texts a row, got 2/);
    });
  });

  it("is refused for more dimensions than the embeddings have, and for other numbers of weights", () => {
    tf.tidy(() => {
      expect(() => matryoshka("ranking", columns(), [6])).toThrow("6 is not a whole number from 1 to 5");
      expect(() => matryoshka("ranking", columns(), [5, 2], [1])).toThrow("2 dimensions with 1 weights");
    });
  });

  it("requires columns of the same length", () => {
    tf.tidy(() => {
      const [first, second] = [tf.zeros<tf.Rank.R2>([2, 3]), tf.zeros<tf.Rank.R2>([3, 3])];
      expect(() => cosineLoss({ first, second, scores: [1, 1] })).toThrow(
        expect.objectContaining({ code: "MODEL_INPUT" }),
      );
    });
  });
});

/** The guide's embeddings are the first three dimensions. */
function guided(columns: readonly tf.Tensor2D[]) {
  const embeddings = tf.concat2d([...columns], 0);
  const guide = tf.tensor2d(embeddings.arraySync().map((row) => row.slice(0, 3)));
  return comparisonLoss("gist", { embeddings, columns: columns.length, guide });
}

/** The loss for several numbers of dimensions. */
function matryoshka(loss: ComparisonLoss, columns: readonly tf.Tensor2D[], dims: number[], weights?: number[]) {
  const embeddings = tf.concat2d([...columns], 0);
  return comparisonLoss(loss, { embeddings, columns: columns.length, matryoshka: { dims, weights } });
}

describe("a folder of sentence-transformers", () => {
  it.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, "first"],
    [{ pooling_mode_mean_tokens: true }, "mean"],
    [{ pooling_mode: "lasttoken" }, "last"],
    [{}, "mean"],
  ])("with %j pools the %s", async (config, pooling) => {
    expect(await readEmbeddingSettings(steps(3), async () => config)).toEqual({ pooling, isNormalized: true });
  });

  it.each([
    [steps(2), { pooling_mode_max_tokens: true }],
    [steps(2), { pooling_mode_mean_tokens: true, pooling_mode_cls_token: true }],
    [steps(2), { include_prompt: false }],
    [[...steps(2), { path: "2_Dense", type: "sentence_transformers.models.Dense" }], {}],
    [[{ path: "", type: "sentence_transformers.models.CLIPModel" }], {}],
    [{}, {}],
  ])("is refused for what is not computed: %j with %j", async (modules, config) => {
    await expect(readEmbeddingSettings(modules, async () => config)).rejects.toThrow(
      expect.objectContaining({ code: "EMBEDDING_RECIPE" }),
    );
  });
});

function steps(count: number) {
  return ["Transformer", "Pooling", "Normalize"].slice(0, count).map((type, index) => {
    return { path: index === 0 ? "" : `${index}_${type}`, type: `sentence_transformers.models.${type}` };
  });
}
