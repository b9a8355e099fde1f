// A cache for the ONNX graph. Its keys and values are inputs of the graph (`past_key_values`), and outputs with the new tokens (`present`).

import { inferenceContext } from "@lowrank/contracts";
import { type RecordedInput, recordingError } from "@lowrank/engine/internal/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { type KeysAndValues, KeyValueCache } from "../parts/cache/key-value-cache.ts";

export class RecordedCache extends KeyValueCache {
  /** By the graph's names. They may be disposed of: a recording knows them. */
  readonly present: Record<string, tf.Tensor> = {};

  constructor(
    private readonly past: number,
    private readonly input: (input: RecordedInput) => tf.Tensor,
  ) {
    super(inferenceContext().adapters);
  }

  override get length(): number {
    return this.past;
  }

  override extend(layer: number, fresh: KeysAndValues): readonly KeysAndValues[] {
    const pastAndFresh = (part: "key" | "value") => {
      const [batch = 0, heads = 0, , size = 0] = fresh[part].shape;
      const name = `past_key_values.${layer}.${part}`;
      const cached = this.input({ name, shape: [batch, heads, this.past, size], dtype: "float32" });
      const all = tf.concat([cached, fresh[part]], 2);
      this.present[`present.${layer}.${part}`] = all;
      return all;
    };
    return [{ key: pastAndFresh("key"), value: pastAndFresh("value") }];
  }

  override memoryOf(): never {
    throw recordingError("it has layers that remember their texts without attention");
  }
}
