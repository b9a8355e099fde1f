// A short prompt behind padding computes what it computes alone, also where an adapter adds a bias in front of a memory or a convolution:
// the bias must not fill the places of padding, which the text behind them would see.

import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { injectAdapter, partsOf, planInjection } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";

beforeAll(() => tf.setBackend("cpu"));

it.each([
  ["qwen3-5", "in_proj_qkv"],
  ["lfm2", "in_proj"],
  ["granitemoehybrid", "in_proj"],
])("%s with lora_bias on %s computes a padded prompt as it does alone", async (name, module) => {
  const model = await loadModel(openFolder(join(fixturesRoot, "../family-features", name, "base")));
  const plan = planInjection(model, createLoraConfig({ targetModules: [module], loraBias: true }));
  const handle = injectAdapter(model, plan, { seed: 1 });
  for (const variable of handle.variables.values()) tf.tidy(() => variable.assign(tf.add(variable, 0.5)));
  expect(partsOf(handle, "site").length).toBeGreaterThan(0);
  const logits = (inputIds: number[][], attentionMask: number[][]) =>
    tf.tidy(() => {
      const tensors = [inputIds, attentionMask].map((rows) => tf.tensor2d(rows, undefined, "int32"));
      const output = model.forward(
        { inputIds: tensors[0]!, attentionMask: tensors[1]! },
        inferenceContext(activeAdapters("default")),
      );
      return tf.slice(output, [0, inputIds[0]!.length - 1, 0], [1, 1, -1]).dataSync();
    });
  const alone = logits([[9, 4, 21]], [[1, 1, 1]]);
  const behindPadding = logits([[0, 0, 0, 9, 4, 21]], [[0, 0, 0, 1, 1, 1]]);
  handle.dispose();
  model.dispose();
  expectClose(behindPadding, alone, 1e-4);
});
