import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";

import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesFolder } from "../folder/files-folder.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

const adapted = inferenceContext(activeAdapters("a"));
const models = new Map<string, PretrainedModel>();

beforeAll(async () => {
  for (const name of ["gpt2", "bert-seqcls"]) {
    models.set(name, await loadModel(openFolder(join(fixturesRoot, name, "base"))));
  }
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

function modelOf(name: string): PretrainedModel {
  const model = models.get(name);
  if (model === undefined) throw new Error(`${name} is not loaded`);
  return model;
}

const ids = [
  [5, 6, 7, 8],
  [9, 10, 11, 12],
];
const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");

function numberOf(compute: () => tf.Tensor): number {
  return tf.tidy(() => compute().dataSync()[0] ?? Number.NaN);
}

describe("the loss of a language model", () => {
  const labels = [
    [5, -100, 7, -100],
    [-100, -100, -100, 3],
  ];

  it("is the mean over the positions before a label", () => {
    const model = modelOf("gpt2");
    tf.tidy(() => {
      const inputs = { inputIds: grid(ids), labels: grid(labels) };
      const logits = tf.logSoftmax(model.forward(inputs)).arraySync() as number[][][];
      // The label at position 0 has no position before it; those at (0, 2) and (1, 3) are predicted one earlier.
      const expected = -((logits[0]?.[1]?.[7] ?? 0) + (logits[1]?.[2]?.[3] ?? 0)) / 2;
      expectClose(model.loss(inputs).dataSync(), [expected], 1e-5);
      const { sum, count } = model.lossSum(inputs);
      expect(count).toBe(2);
      expectClose(sum.dataSync(), [2 * expected], 1e-5);
    });
  });

  it("applies the head's adaptations, row by row if needed", () => {
    const model = modelOf("gpt2");
    const head = model.sites().at(-1);
    const addToSeven: Adaptation = {
      variables: [],
      apply: ({ output }) => tf.add(output, tf.oneHot(tf.tensor1d([7], "int32"), 100, 50, 0)),
    };
    const detach = head?.attach("a", addToSeven);
    const lossIn = (context: typeof adapted) =>
      numberOf(() => model.loss({ inputIds: grid(ids), labels: grid(labels) }, context));
    const base = lossIn(inferenceContext());
    expect(lossIn(adapted)).not.toBeCloseTo(base, 1);
    const rows = inferenceContext({ kind: "rows", rows: [null, null] });
    expect(lossIn(rows)).toBeCloseTo(base, 5);
    detach?.();
  });

  it("refuses a batch without labels, and labels that are no tokens", () => {
    const model = modelOf("gpt2");
    tf.tidy(() => {
      const inputIds = grid(ids);
      const none = grid(ids.map((row) => row.map(() => -100)));
      expect(() => model.loss({ inputIds, labels: none })).toThrow(
        expect.objectContaining({ code: "NOTHING_SUPERVISED" }),
      );
      expect(model.lossSum({ inputIds, labels: none }).count).toBe(0);
      expect(() =>
        model.loss({
          inputIds,
          labels: grid([
            [1, 2, 3, 100],
            [1, 1, 1, 1],
          ]),
        }),
      ).toThrow(/100 is neither/);
      expect(() => model.loss({ inputIds, labels: grid([[1]]) })).toThrow(/expected \[2, 4\]|expected \[2,4\]/);
    });
  });

  it("leaves nothing behind", async () => {
    const model = modelOf("gpt2");
    await expectNoLeak(() => {
      const inputs = {
        inputIds: grid(ids),
        labels: grid(labels),
        attentionMask: grid([
          [1, 1, 1, 0],
          [1, 1, 1, 1],
        ]),
      };
      tf.dispose([model.loss(inputs), model.lossSum(inputs).sum, model.forward(inputs), ...Object.values(inputs)]);
    });
  });
});

describe("the loss of a classifier", () => {
  it("is that of yes-or-no questions when the labels are not integers", () => {
    const model = modelOf("bert-seqcls");
    const targets = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    tf.tidy(() => {
      const logits = model.forward({ inputIds: grid(ids) }).arraySync() as number[][];
      const terms = logits.flatMap((row, index) =>
        row.map((x, label) => Math.log(1 + Math.exp(x)) - x * (targets[index]?.[label] ?? 0)),
      );
      const expected = terms.reduce((sum, term) => sum + term, 0) / 6;
      const labels = tf.tensor2d(targets, undefined, "float32");
      expectClose(model.loss({ inputIds: grid(ids), labels }).dataSync(), [expected], 1e-6);
    });
  });

  it("refuses classes that there are not", () => {
    const model = modelOf("bert-seqcls");
    tf.tidy(() => {
      const labels = tf.tensor1d([0, 3], "int32");
      expect(() => model.loss({ inputIds: grid(ids), labels })).toThrow(/got class 3, expected 0 to 2/);
      expect(() => model.loss({ inputIds: grid(ids), labels: tf.tensor1d([1], "int32") })).toThrow(
        expect.objectContaining({ code: "MODEL_INPUT" }),
      );
    });
  });
});

describe("the base model's own dropout", () => {
  it("acts only in training, equally for the same key", async () => {
    const path = join(fixturesRoot, "gpt2", "base");
    const config: Record<string, unknown> = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
    Object.assign(config, { embd_pdrop: 0.2, attn_pdrop: 0.2, resid_pdrop: 0.2 });
    const files = new Map([
      ["config.json", Buffer.from(JSON.stringify(config))],
      ["model.safetensors", await readFile(join(path, "model.safetensors"))],
    ]);
    const model = await loadModel(filesFolder("gpt2 with dropout", files));
    const logits = (training: boolean, step: number) =>
      numberOf(() => model.forward({ inputIds: grid(ids) }, { ...inferenceContext(), training, random: key(step) }));
    const plain = numberOf(() => modelOf("gpt2").forward({ inputIds: grid(ids) }));
    expect(logits(false, 0)).toBe(plain);
    expect(logits(true, 0)).not.toBe(plain);
    expect(logits(true, 0)).toBe(logits(true, 0));
    expect(logits(true, 0)).not.toBe(logits(true, 1));
    model.dispose();
  });

  const key = (step: number) => ({ seed: 3, step, microStep: 0 });
});

describe("a model's inputs", () => {
  it("are checked before anything is computed", () => {
    const model = modelOf("gpt2");
    tf.tidy(() => {
      const long = grid([Array.from({ length: 33 }, () => 1)]);
      expect(() => model.forward({ inputIds: long })).toThrow(expect.objectContaining({ code: "POSITION_LIMIT" }));
      expect(() => model.forward({ inputIds: grid([[100]]) })).toThrow(/100 is outside 0 to 99/);
      expect(() => model.forward({ inputIds: grid([[-1]]) })).toThrow(/-1 is outside/);
      expect(() => model.forward({ inputIds: grid(ids), attentionMask: grid([[1]]) })).toThrow(
        /attentionMask.*\[2,4\]/,
      );
      expect(() => model.forward({ inputIds: tf.tensor2d([[1.5]]) })).toThrow(/float32, expected int32/);
    });
  });

  it("may be left-padded: with positions counted from the first token nothing changes", () => {
    const model = modelOf("gpt2");
    tf.tidy(() => {
      const alone = tf.slice(model.forward({ inputIds: grid([[5, 6]]) }), [0, 1, 0], [1, 1, 100]);
      const padded = model.forward({
        inputIds: grid([[0, 0, 5, 6]]),
        attentionMask: grid([[0, 0, 1, 1]]),
        positionIds: grid([[0, 0, 0, 1]]),
      });
      expectClose(tf.slice(padded, [0, 3, 0], [1, 1, 100]).dataSync(), alone.dataSync(), 1e-5);
    });
  });

  it("may select only adapters that are attached", () => {
    tf.tidy(() => {
      expect(() => modelOf("gpt2").forward({ inputIds: grid(ids) }, adapted)).toThrow(
        expect.objectContaining({ code: "UNKNOWN_ADAPTER" }),
      );
    });
  });

  it("come too late after dispose", async () => {
    const model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
    model.dispose();
    model.dispose();
    tf.tidy(() => {
      expect(() => model.forward({ inputIds: grid(ids) })).toThrow(expect.objectContaining({ code: "MODEL_DISPOSED" }));
    });
  });
});

describe("the loss of questions", () => {
  it("does not depend on padding that is ignored", async () => {
    const model = await loadModel(openFolder(new URL("../../fixtures/bert-question", import.meta.url).pathname));
    const lossOf = (inputs: { inputIds: tf.Tensor2D; attentionMask?: tf.Tensor2D }, rows: number[][]) =>
      model.loss({ ...inputs, labels: grid(rows) }, { ...inferenceContext(), ignoresPadding: true });
    tf.tidy(() => {
      const long = lossOf({ inputIds: grid([[5, 17, 9, 30, 22, 8]]) }, [[1, 3]]);
      const short = lossOf({ inputIds: grid([[11, 3, 25]]) }, [[0, 2]]);
      const inputIds = grid([
        [5, 17, 9, 30, 22, 8],
        [11, 3, 25, 0, 0, 0],
      ]);
      const attentionMask = grid([
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
      ]);
      const both = [
        [1, 3],
        [0, 2],
      ];
      const alone = ((long.dataSync()[0] ?? 0) + (short.dataSync()[0] ?? 0)) / 2;
      expectClose(lossOf({ inputIds, attentionMask }, both).dataSync(), [alone], 1e-6);
    });
    model.dispose();
  });
});
