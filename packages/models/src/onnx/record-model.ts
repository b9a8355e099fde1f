// A model's forward pass as an ONNX graph, with the names of inputs and outputs that Optimum's exporter gives and transformers.js
// expects.

import type { Task } from "@lowrank/contracts/families";
import { onnxProblem } from "@lowrank/contracts/families/internal";
import { freePrimes, recordGraph, recordingError, type VaryingSize } from "@lowrank/engine/internal/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { runBackbone } from "../parts/backbone/backbone.ts";
import { assemblyOf, type PretrainedModel } from "../pretrained-model.ts";
import { RecordedCache } from "./recorded-cache.ts";
import { RecordedPass } from "./recorded-pass.ts";

/** Tasks of texts that one graph can have. */
const tasks: readonly Task[] = [
  ...(["feature-extraction", "sequence-classification", "token-classification", "question-answering"] as const),
  ...(["masked-lm", "causal-lm", "next-sentence-prediction", "replaced-token-detection"] as const),
];

/** Rows of tables by position or distance at most, whatever a config.json has. */
const longestTable = 2 ** 16;

/**
 * The graph of a model, for batches and texts of any size. Inputs are `input_ids`, `attention_mask` and, if the model has several
 * segments, `token_type_ids`; of a decoder that predicts tokens also `past_key_values.N.key` and `.value`, its cache.
 *
 * @throws NO_ONNX_FORM for other tasks, encoder–decoders, and models that read values while they compute (mixtures of experts)
 *
 * @example
 * ```ts
 * import { encodeModel } from "@lowrank/engine/internal/onnx";
 * import type { PretrainedModel } from "@lowrank/models";
 * import { recordModel } from "@lowrank/models/onnx";
 *
 * export async function onnxFile(model: PretrainedModel): Promise<Uint8Array> {
 *   return encodeModel(await recordModel(model));
 * }
 * ```
 */
export async function recordModel(model: PretrainedModel): ReturnType<typeof recordGraph> {
  const { backbone, head, config, task } = assemblyOf(model);
  const problem = onnxProblem(config.family) ?? (tasks.includes(task) ? undefined : `its task is ${task}`);
  if (problem !== undefined) throw recordingError(`${problem} (${config.modelType})`);
  const isCached = task === "causal-lm" && model.causal;
  const { batch, time, past } = sizesFor(model);
  const total = isCached ? past + time : time;
  const varying = [
    { name: "batch_size", value: batch },
    { name: "sequence_length", value: time },
    ...(isCached ? cachedSizes(total, past) : []),
  ];
  return recordGraph(varying, (input) => {
    const integers = (name: string, columns: number) =>
      input({ name, shape: [batch, columns], dtype: "int32" }) as tf.Tensor2D;
    const cache = isCached ? new RecordedCache(past, input) : undefined;
    const inputs = { inputIds: integers("input_ids", time), attentionMask: integers("attention_mask", total) };
    const segments = config.tokenTypes > 1 ? { tokenTypeIds: integers("token_type_ids", time) } : {};
    const pass = new RecordedPass(
      { ...inputs, ...segments, causal: model.causal, ...(cache && { cache }) },
      { ...backbone, farthest: Math.min(config.maxPositions, longestTable) },
    );
    try {
      const output = head.forward(runBackbone(backbone, pass, { pick: head.reads?.(pass) }), pass);
      return { ...outputsOf(task, output), ...cache?.present };
    } finally {
      pass.dispose();
    }
  });
}

/** Stand-ins for the sizes that vary. The past is twice a prime, as a sum of two odd primes cannot be one. */
function sizesFor(model: PretrainedModel): Readonly<Record<"batch" | "time" | "past", number>> {
  const primes = freePrimes(200, new Set(model.parameters().flatMap(({ shape }) => shape)));
  const [batch = 0, time = 0] = primes;
  const total = primes.find((prime) => primes.includes((prime - time) / 2)) ?? 0;
  return { batch, time, past: total - time };
}

function cachedSizes(total: number, past: number): readonly VaryingSize[] {
  const names = ["total_sequence_length", "sequence_length"] as const;
  return [
    { name: names[0], value: total },
    { name: "past_sequence_length", value: past, difference: names },
  ];
}

function outputsOf(task: Task, output: tf.Tensor): Readonly<Record<string, tf.Tensor>> {
  if (task === "feature-extraction") return { last_hidden_state: output };
  if (task !== "question-answering") return { logits: output };
  const [start, end] = tf.unstack(output, 2);
  return { start_logits: start as tf.Tensor, end_logits: end as tf.Tensor };
}
