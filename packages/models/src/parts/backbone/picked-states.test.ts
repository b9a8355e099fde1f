// The last block's second half is computed for those states alone that the loss reads.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { LabelledInputs } from "../../inputs/model-inputs.ts";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import type { PretrainedModel } from "../../pretrained-model.ts";

const training = (context = inferenceContext()) => ({ ...context, training: true });
const load = (name: string) => loadModel(openFolder(join(fixturesRoot, name, "base")));
const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");
const text = [
  [5, 6, 7, 8, 9],
  [10, 11, 12, 13, 14],
];
/** Three labels, of which a language model that predicts the next token cannot use the first. */
const someLabels = [
  [5, -100, 7, -100, -100],
  [-100, -100, -100, -100, 14],
];

function inputsFor({ task }: PretrainedModel): LabelledInputs {
  if (task === "sequence-classification") return { inputIds: grid(text), labels: tf.tensor1d([1, 0], "int32") };
  return { inputIds: grid(text), labels: grid(someLabels) };
}

describe.each(["gpt2", "llama-gqa", "gemma2", "gpt_neox", "opt", "bert-seqcls", "roberta-mlm", "t5", "bart"])(
  "%s",
  (name) => {
    it("has the loss and the gradient of all states, from those that are read", async () => {
      const model = await load(name);
      const inputs = inputsFor(model);
      const norm = model.parameters().find(({ path }) => /(norm|ln_1)\.weight$/i.test(path)); // of the first block
      if (norm === undefined) throw new Error(`${name} has no norm`);
      const variable = tf.variable(norm.read());
      const close = norm.override("a", variable);
      const adapted = inferenceContext(activeAdapters("a"));
      const [early, late] = [training(adapted), { ...adapted, everyPosition: true }].map((context) => {
        const { value, grads } = tf.variableGrads(() => model.loss(inputs, context), [variable]);
        return { loss: value.dataSync(), gradients: Object.values(grads)[0]?.dataSync() ?? [] };
      });
      close();
      expectClose(early?.loss ?? [], late?.loss ?? [0], 1e-6, "loss");
      expect(early?.gradients.length).toBeGreaterThan(0);
      expectClose(early?.gradients ?? [], late?.gradients ?? [], 1e-6, "gradient");
      tf.dispose([variable, ...Object.values(inputs)]);
      model.dispose();
      tf.disposeVariables();
    });
  },
);

describe("the last linear layer of a feed-forward", () => {
  async function shapesSeen(context: ReturnType<typeof training>): Promise<readonly (readonly number[])[]> {
    const model = await load("gpt2");
    const shapes: number[][] = [];
    const recorder: Adaptation = {
      variables: [],
      apply: ({ input, output }) => {
        shapes.push(input.shape.slice(0, 2));
        return tf.clone(output);
      },
    };
    const site = model.sites().find(({ path }) => path === "transformer.h.1.mlp.c_fc");
    const detach = site?.attach("a", recorder);
    tf.tidy(() => void model.loss({ inputIds: grid(text), labels: grid(someLabels) }, context));
    detach?.();
    model.dispose();
    return shapes;
  }

  it("sees only the supervised positions in training", async () => {
    expect(await shapesSeen(training(inferenceContext(activeAdapters("a"))))).toEqual([[1, 2]]);
  });

  it("sees all positions in measurements, and if adapters differ by row of the batch", async () => {
    expect(await shapesSeen({ ...inferenceContext(activeAdapters("a")), everyPosition: true })).toEqual([[2, 5]]);
    expect(await shapesSeen(training(inferenceContext(adapterRows(["a", "a"]))))).toEqual([[2, 5]]);
  });
});
