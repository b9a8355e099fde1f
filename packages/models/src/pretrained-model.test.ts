// Our forward passes against what transformers computed for the same files (fixtures/peft, eager attention, float32).

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { expectClose, readFixture } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { loadModel } from "./loading/load-model.ts";
import { openFolder } from "./node.ts";

const cases = ["gpt2", "llama-gqa", "llama-gqa-tied", "bert-seqcls", "bf16-base", "sharded"];

describe.each(cases)("%s", (name) => {
  it("equals transformers' logits and loss", async () => {
    const before = tf.memory().numTensors;
    const fixture = await readFixture(name);
    const model = await loadModel(openFolder(join(fixture.folder, "base")));
    const ids = (key: string) => {
      const { values, shape } = fixture.tensor(key);
      return tf.tensor(Int32Array.from(values), [...shape], "int32");
    };
    const inputs = {
      inputIds: ids("input_ids") as tf.Tensor2D,
      attentionMask: ids("attention_mask") as tf.Tensor2D,
      labels: ids("labels"),
    };
    const logits = model.forward(inputs);
    const expected = fixture.tensor("base.logits");
    expect(logits.shape).toEqual(expected.shape);
    const width = logits.shape.at(-1) ?? 1;
    const mask = fixture.tensor("attention_mask").values;
    const isSeen = (_: number, index: number) => logits.shape.length === 2 || mask[Math.floor(index / width)] === 1;
    const actual = Float32Array.from(await logits.data()).filter(isSeen);
    expectClose(actual, expected.values.filter(isSeen), 1e-4, "logits");
    const loss = model.loss(inputs);
    expectClose(await loss.data(), [Number(fixture.expected.base_loss)], 1e-5, "loss");
    tf.dispose([logits, loss, inputs.inputIds, inputs.attentionMask, inputs.labels]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
