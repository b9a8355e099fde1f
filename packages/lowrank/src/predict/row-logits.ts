// What a head makes of some rows at once.

import { padBatch } from "@lowrank/data";
import { batchTensors, type ModelInputs, NonFiniteOutputError } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { given } from "../given.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import type { AskedRow } from "./asked-row.ts";

/** Of each row [outputs], or of its tokens, padding among them, [time, outputs]. Throws NonFiniteModelError. */
export function rowLogits(opened: OpenedBase, rows: readonly AskedRow[]): Promise<readonly Float32Array[]> {
  const { model, context } = opened;
  const padId = model.config.padTokenId ?? 0;
  const batch = padBatch(
    rows.map((row) => ({ ...row, kind: "classified", label: 0 }) as const),
    { padId },
  );
  return namingBrokenWeights(opened, async () => {
    const computed = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return model.forward(model.task === "multiple-choice" ? aloneEach(inputs) : inputs, context);
    });
    const values = await computed.data<"float32">();
    computed.dispose();
    const broken = values.find((value) => !Number.isFinite(value));
    if (broken !== undefined) throw new NonFiniteOutputError("A logit", broken);
    const size = values.length / rows.length;
    return rows.map((_, index) => values.subarray(index * size, (index + 1) * size));
  });
}

/** [rows, time] → [rows, 1, time]: a choice is judged by itself, so that questions may have as many as they like. */
function aloneEach(inputs: Pick<ModelInputs, "inputIds" | "attentionMask" | "tokenTypeIds">): ModelInputs {
  const { inputIds, attentionMask, tokenTypeIds } = inputs;
  const alone = (tensor: tf.Tensor | undefined) => tensor && tf.expandDims<tf.Tensor3D>(tensor, 1);
  return given({
    inputIds: alone(inputIds),
    attentionMask: alone(attentionMask),
    tokenTypeIds: alone(tokenTypeIds),
  });
}
