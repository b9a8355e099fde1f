// MiniLM-L6 (BERT): our forward pass with real weights equals transformers'.

import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, readTensors } from "@lowrank/testing";
import { findPrepared } from "@lowrank/testing/cache-folder";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { referencesFolder } from "./references-folder.ts";

const weights = findPrepared("minilm");
if ("missing" in weights) console.info(`skipped: MiniLM with real weights – ${weights.missing}`);

describe.skipIf("missing" in weights)("MiniLM with real weights", () => {
  it("equals transformers' last hidden state to 1e-4", async () => {
    await chooseEngine({ order: ["wasm", "cpu"] });
    const expected = await readTensors(join(referencesFolder, "minilm.safetensors"));
    const model = await loadModel(openFolder("folder" in weights ? weights.folder : ""));
    const integers = (name: string) => {
      const tensor = expected.get(name);
      if (tensor === undefined) throw new Error(`No "${name}" in the references.`);
      return tf.tensor2d(Array.from(tensor.values), tensor.shape as [number, number], "int32");
    };
    const hidden = tf.tidy(() =>
      model.forward({
        inputIds: integers("input_ids"),
        attentionMask: integers("attention_mask"),
        tokenTypeIds: integers("token_type_ids"),
      }),
    ); // [batch, time, features]
    const mask = expected.get("attention_mask")?.values ?? [];
    const wanted = expected.get("last_hidden_state")?.values ?? new Float32Array();
    const width = wanted.length / mask.length;
    const got = await hidden.data();
    for (const [position, attended] of Array.from(mask).entries()) {
      if (attended === 0) continue; // padding is defined but meaningless
      const [begin, end] = [position * width, (position + 1) * width];
      expectClose(got.slice(begin, end), wanted.slice(begin, end), 1e-4, `position ${position}`);
    }
    hidden.dispose();
    model.dispose();
  }, 120_000);
});
