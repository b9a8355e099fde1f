// What comparisons with TRL share: batches in JSON, and the gradients of an adapter's variables.

import { differentiate } from "@lowrank/engine/internal";
import type { IntegerBatch } from "@lowrank/models/internal";
import { expectClose, type readTensors } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

export type JsonBatch = Readonly<Record<"rows" | "time", number>> &
  Readonly<Record<"inputIds" | "attentionMask" | "labels", readonly number[]>>;

export function integers({ rows, time, ...lists }: JsonBatch): IntegerBatch {
  const [inputIds, attentionMask] = [Int32Array.from(lists.inputIds), Int32Array.from(lists.attentionMask)];
  return { rows, time, labelShape: [rows, time], inputIds, attentionMask, labels: Int32Array.from(lists.labels) };
}

/** The gradients of each variable equal TRL's, which are named `<name>/base_model.model.<path>`. */
export function expectTrlGradients(
  wanted: Awaited<ReturnType<typeof readTensors>>,
  name: string,
  { variables, lossOf }: { readonly variables: ReadonlyMap<string, tf.Variable>; lossOf(): tf.Scalar },
): void {
  const found = tf.tidy(() => {
    const { gradients } = differentiate(lossOf, [...variables.values()]);
    // Variables are stored as [in, out], PEFT's tensors as [out, in].
    return gradients.map((each) => Float32Array.from(each === undefined ? [] : tf.transpose(each).dataSync()));
  });
  expect(variables.size).toBeGreaterThan(0);
  for (const [index, path] of [...variables.keys()].entries()) {
    const values = Float32Array.from(wanted.get(`${name}/base_model.model.${path}`)?.values ?? []);
    const largest = Math.max(...Array.from(values, Math.abs));
    expect(largest, path).toBeGreaterThan(0);
    expectClose(found[index] ?? [], values, 1e-5 * Math.max(1, largest), path);
  }
}
