// A model's forward pass as an ONNX graph, with the names of inputs and outputs that Optimum's exporter gives them and
// transformers.js expects.

import { inferenceContext, LowrankError } from "@lowrank/contracts";
import { freePrimes, type RecordedInput, recordGraph, type VaryingSize } from "@lowrank/engine/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { runBackbone } from "../parts/backbone/backbone.ts";
import { type KeysAndValues, KeyValueCache } from "../parts/cache/key-value-cache.ts";
import { assemblyOf, type PretrainedModel } from "../pretrained-model.ts";
import { RecordedPass } from "./recorded-pass.ts";

type Shape = readonly number[];

/** Throws RecordingError, and LowrankError for a model that has no such form. */
export function recordModel(model: PretrainedModel) {
  const { backbone, head, config, task } = assemblyOf(model);
  if (backbone.decoder !== undefined || backbone.tokens === undefined || task === "multiple-choice")
    throw new LowrankError(
      "NOT_AN_ONNX_MODEL",
      `A ${config.modelType} for ${task} cannot be written as ONNX model: that is possible for texts of encoders and decoders without another stack.`,
    );
  const sizes = model.parameters().flatMap(({ shape }) => [...shape]);
  const primes = freePrimes(200, sizes);
  const [batch = 0, time = 0] = primes;
  const keyTime = primes.find((prime) => primes.includes((prime - time) / 2)) ?? 0;
  const isCached = task === "causal-lm" && model.causal;
  const total = isCached ? keyTime : time;
  const past = total - time;
  const varying: VaryingSize[] = [
    { name: "batch_size", value: batch },
    { name: "sequence_length", value: time },
    ...(isCached
      ? [
          { name: "total_sequence_length", value: total },
          { name: "past_sequence_length", value: past },
        ]
      : []),
  ];
  const int = (name: string, shape: Shape): RecordedInput => ({ name, shape, dtype: "int32" });
  const inputs: RecordedInput[] = [int("input_ids", [batch, time]), int("attention_mask", [batch, total])];
  if (config.tokenTypes > 1) inputs.push(int("token_type_ids", [batch, time]));

  const run = (of: Readonly<Record<string, tf.Tensor>>, cache: KeyValueCache | undefined) => {
    const pass = new RecordedPass(
      {
        inputIds: of.input_ids as tf.Tensor2D,
        attentionMask: of.attention_mask as tf.Tensor2D,
        ...(of.token_type_ids && { tokenTypeIds: of.token_type_ids as tf.Tensor2D }),
        causal: model.causal,
        ...(cache && { cache }),
      },
      { ...backbone, farthest: Math.max(config.maxPositions, 1) },
    );
    try {
      return head.forward(runBackbone(backbone, pass, head.reads?.(pass)), pass);
    } finally {
      pass.dispose();
    }
  };
  const named = (output: tf.Tensor): Record<string, tf.Tensor> => {
    if (task === "feature-extraction") return { last_hidden_state: output };
    if (task !== "question-answering") return { logits: output };
    const [start, end] = tf.unstack(output, 2);
    return { start_logits: start as tf.Tensor, end_logits: end as tf.Tensor };
  };
  if (!isCached) return recordGraph({ inputs, varying, compute: (of) => named(run(of, undefined)) });

  const layers = cachedLayers(
    inputs.map((input) => (input.name === "attention_mask" ? { ...input, shape: [batch, time] } : input)),
    varying,
    run,
  );
  const pastOf = (layer: number, part: string) => `past_key_values.${layer}.${part}`;
  for (const [layer, { key, value }] of layers) {
    const held = ([rows = 0, heads = 0, , size = 0]: Shape) => [rows, heads, past, size];
    inputs.push({ name: pastOf(layer, "key"), shape: held(key), dtype: "float32" });
    inputs.push({ name: pastOf(layer, "value"), shape: held(value), dtype: "float32" });
  }
  return recordGraph({
    inputs,
    varying,
    compute: (of) => {
      const begun = new Map<number, KeysAndValues>();
      for (const layer of layers.keys())
        begun.set(layer, { key: of[pastOf(layer, "key")]!, value: of[pastOf(layer, "value")]! });
      const cache = new KeyValueCache(inferenceContext().adapters, {
        begun: { length: past, layers: begun, memories: new Map() },
        segmentLength: Number.POSITIVE_INFINITY,
      });
      const outputs = named(run(of, cache));
      for (const [layer, [segment]] of cache.layers()) {
        outputs[`present.${layer}.key`] = segment!.key;
        outputs[`present.${layer}.value`] = segment!.value;
      }
      return outputs;
    },
  });
}

/** Shapes of a layer's keys and values. */
function cachedLayers(
  inputs: readonly RecordedInput[],
  varying: readonly VaryingSize[],
  run: (of: Readonly<Record<string, tf.Tensor>>, cache: KeyValueCache) => tf.Tensor,
) {
  const shapes = new Map<number, { readonly key: Shape; readonly value: Shape }>();
  recordGraph({
    inputs,
    varying,
    compute: (of) => {
      const cache = new KeyValueCache(inferenceContext().adapters);
      const output = run(of, cache);
      for (const [layer, [segment]] of cache.layers())
        shapes.set(layer, { key: segment!.key.shape, value: segment!.value.shape });
      if (cache.memories().size > 0)
        throw new LowrankError("NOT_AN_ONNX_MODEL", "layers without attention remember their texts");
      cache.dispose();
      return { output };
    },
  });
  return shapes;
}
