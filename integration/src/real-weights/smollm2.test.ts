// SmolLM2-135M from its 4-bit GGUF file: logits equal transformers' on the dequantized weights – greedy text would not
// notice un-permuted rows –, and LoRA on it learns.

import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { TextTokenizer } from "@lowrank/data";
import { tokenizerFromGguf } from "@lowrank/data/internal";
import { chooseEngine } from "@lowrank/engine";
import { openGguf } from "@lowrank/gguf";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { loadGguf, type PretrainedModel } from "@lowrank/models";
import { describeModel } from "@lowrank/models/internal";
import { openFile } from "@lowrank/safetensors/node";
import { expectClose, type FixtureTensor, readTensors } from "@lowrank/testing";
import { findPrepared } from "@lowrank/testing/cache-folder";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lossesOfRow } from "../testing/train-row.ts";
import { referencesFolder } from "./references-folder.ts";

const weights = findPrepared("smollm2");
if ("missing" in weights) console.info(`skipped: SmolLM2 with real weights – ${weights.missing}`);

describe.skipIf("missing" in weights)("SmolLM2-135M from GGUF", () => {
  const file = join("folder" in weights ? weights.folder : "", "SmolLM2-135M-Instruct.Q4_1.gguf");
  let model: PretrainedModel;
  let expected: ReadonlyMap<string, FixtureTensor>;
  const reference = (name: string): FixtureTensor => {
    const tensor = expected.get(name);
    if (tensor === undefined) throw new Error(`No "${name}" in the references.`);
    return tensor;
  };

  beforeAll(async () => {
    await chooseEngine({ order: ["wasm", "cpu"] });
    expected = await readTensors(join(referencesFolder, "smollm2.safetensors"));
    const source = await openFile(join("folder" in weights ? weights.folder : "", "SmolLM2-135M-Instruct.Q4_1.gguf"));
    model = await loadGguf(source);
    await source.close?.();
  }, 120_000);
  afterAll(() => model?.dispose());

  const expectReferences = async (model: PretrainedModel) => {
    const ids = Array.from(reference("input_ids").values);
    const logits = tf.tidy(() =>
      tf.squeeze<tf.Tensor2D>(model.forward({ inputIds: tf.tensor2d(ids, [1, ids.length], "int32") }), [0]),
    ); // [time, vocabulary]
    const entries = tf.tensor1d(Array.from(reference("entries").values), "int32");
    const picked = tf.gather(logits, entries, 1);
    const best = tf.argMax(logits, 1);
    const logSums = tf.logSumExp(logits, 1);
    expectClose(await picked.data(), reference("logits").values, 1e-3, "logits");
    expectClose(await logSums.data(), reference("log_sum_exp").values, 1e-3, "log-sum-exp");
    expect(Array.from(await best.data())).toEqual(Array.from(reference("argmax").values));
    tf.dispose([logits, entries, picked, best, logSums]);
  };

  it("equals transformers' logits to 1e-3", () => expectReferences(model), 120_000);

  it("is the same with packed blocks, in a fifth of the memory", async () => {
    const source = await openFile(file);
    const packed = await loadGguf(source, { basePrecision: "as-stored" });
    await source.close?.();
    await expectReferences(packed);
    expect(describeModel(packed).bytes).toBeLessThan(0.2 * describeModel(model).bytes);
    expect(packed.fingerprint).toBe(model.fingerprint);
    packed.dispose();
  }, 120_000);

  // Of Python's tokenizers 0.23.3, with the parts of SmolLM2's published tokenizer.json.
  it.each([
    ["The capital of France is", [504, 3575, 282, 4649, 314]],
    ["½ ① Ⅳ ² 1234", [16738, 216, 173, 235, 250, 216, 173, 223, 113, 216, 19133, 216, 33, 34, 35, 36]],
    [
      "def f(x):\n\t\treturn  x**2  # ünï\r\n",
      [1604, 275, 24, 104, 727, 3354, 197, 5406, 216, 1792, 828, 34, 216, 907, 5549, 137, 94, 25972, 2738],
    ],
    [
      "<|im_start|>user\nhi 大阪 नमस्ते<|im_end|>\n",
      [1, 4093, 198, 6004, 13223, 114, 117, 180, 242, 120, 12335, 118, 35090, 38770, 16525, 26293, 30581, 2, 198],
    ],
  ])("makes of its metadata a tokenizer that reads %j", async (text, ids) => {
    const source = await openFile(file);
    const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf((await openGguf(source)).metadata);
    await source.close?.();
    const tokenizer = TextTokenizer.fromJson(tokenizerJson, tokenizerConfig);
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
    expect(tokenizer).toMatchObject({ bosToken: "<|im_start|>", eosToken: "<|im_end|>", prefixIds: [], suffixIds: [] });
    expect(tokenizer.chatTemplate).toContain("<|im_start|>");
  });

  it("learns with LoRA: 20 steps bring the loss down", async () => {
    const plan = planInjection(model, createLoraConfig({ rank: 8, alpha: 16, targetModules: ["q_proj", "v_proj"] }));
    const handle = injectAdapter(model, plan, { seed: 1 });
    const row = Array.from({ length: 24 }, (_, index) => 1000 + ((index * 37) % 11) * 100);
    const losses = await lossesOfRow(model, handle, { row, steps: 20, learningRate: 2e-3 });
    expect(losses).toHaveLength(20);
    expect(losses.at(-1) ?? Number.NaN).toBeLessThan(0.7 * (losses[0] ?? 0));
    handle.dispose();
  }, 300_000);
});
