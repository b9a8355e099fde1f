// Facts about the tab's computation for the console and the tests.

import { inferenceContext } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { CallHandler } from "../call-handler.ts";
import { attached } from "../shelf/attached.ts";

/** Logits [time · vocabulary] of one row of token ids. */
export const logits: CallHandler<"logits"> = async (state, { inputIds, adapter: id, strength = 1 }) => {
  const adapter = id === undefined ? undefined : await attached(state, id);
  const acting = adapter === undefined || strength === 0 ? {} : { [adapter.name]: strength };
  const { model } = adapter?.opened ?? state.loaded.opened.opened;
  const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
  const values = model.forward({ inputIds: ids }, inferenceContext(weightedAdapters(acting))); // [1, time, vocabulary]
  try {
    return (await values.data()) as Float32Array;
  } finally {
    tf.dispose([ids, values]);
  }
};

/** Current memory of TensorFlow.js, and the size of WebAssembly's memory, which never shrinks; 0 on other engines. */
export const memory: CallHandler<"memory"> = () => {
  const { numTensors, numBytes } = tf.memory();
  const wasm: unknown = Reflect.get(tf.backend(), "wasm");
  const heap: unknown = typeof wasm === "object" && wasm !== null ? Reflect.get(wasm, "HEAPU8") : undefined;
  return { tensors: numTensors, bytes: numBytes, heapBytes: heap instanceof Uint8Array ? heap.length : 0 };
};
