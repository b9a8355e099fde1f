// A small ViT that knows coarse digits: made here once, since no registry has a ViT's weights.

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { TokenBatch } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { batchTensors, loadModel, type ModelFolder } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { randomFolder } from "../../../../benchmarks/src/ours/random-folder.ts";
import { adapterName } from "../../methods/method.ts";
import { fullFineTuning } from "../../methods/weights.ts";
import { adaptersFolder } from "../../training/saved-runs.ts";
import { orderedBatches } from "../ordered-batches.ts";
import { coarseDigits, side } from "./digit-pictures.ts";

const config = {
  model_type: "vit",
  architectures: ["ViTForImageClassification"],
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  image_size: side,
  patch_size: 4,
  num_channels: 3,
  qkv_bias: true,
  initializer_range: 0.02,
  attention_probs_dropout_prob: 0,
  hidden_dropout_prob: 0,
  id2label: Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [digit, String(digit)])),
  label2id: Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [digit, digit])),
};

const [epochs, batchSize] = [30, 32];
/** The learning rate of AdamW. */
const baseRate = 1e-3;

/** Trained on all coarse digits, without its classifier: the adapted model gets a new one. */
export async function digitsBase(folder: string = join(adaptersFolder, "digits-base")): Promise<ModelFolder> {
  if (existsSync(join(folder, "config.json"))) return openFolder(folder);
  await chooseEngine();
  const rows = await coarseDigits();
  const model = await loadModel(randomFolder(config));
  const trained = fullFineTuning.adapt(model, 1);
  const { batches, batchesPerEpoch } = orderedBatches({
    train: rows,
    held: [],
    padId: 0,
    batchSize,
    heldSize: batchSize,
  });
  const run = train<TokenBatch>({
    variables: trained.variables,
    batches,
    batchesPerEpoch,
    loss: (batch) => model.loss(batchTensors(batch), inferenceContext(activeAdapters(adapterName))),
    steps: epochs * batchesPerEpoch,
    learningRate: baseRate,
    warmupSteps: batchesPerEpoch,
    weightDecay: 0.01,
    seed: 1,
  });
  for await (const _event of run);
  const transposed = new Set(model.parameters().flatMap((one) => (one.transposedInFile ? [one.path] : [])));
  const tensors = [...trained.variables]
    .filter(([path]) => !path.startsWith("classifier."))
    .map(([path, variable]) => {
      const stored = tf.tidy(() => (transposed.has(path) ? tf.transpose(variable) : tf.clone(variable)));
      const values = stored.dataSync<"float32">();
      stored.dispose();
      return [path, float32Tensor(stored.shape, values)] as const;
    });
  trained.dispose();
  model.dispose();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.safetensors"), serializeSafetensors(new Map(tensors)));
  // Last: with it the folder is whole.
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return openFolder(folder);
}
