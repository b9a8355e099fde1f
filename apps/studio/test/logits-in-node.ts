// The logits of a downloaded adapter outside of the browser.

import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { EngineName } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { unzipSync } from "fflate";
import { openModel } from "lowrank";

export interface DownloadedAdapter {
  /** The base: a folder or a .gguf file. */
  readonly model: string;
  /** A zip with a PEFT adapter; without it, the base alone computes. */
  readonly zip?: Uint8Array;
  readonly inputIds: readonly number[];
}

/** Logits [time · vocabulary] of the base with the adapter of the zip, on the first of the engines that starts. */
export async function logitsInNode(
  { model, zip, inputIds }: DownloadedAdapter,
  order: readonly EngineName[] = ["wasm", "cpu"],
): Promise<readonly number[]> {
  const opened = await openModel(model, { engine: { order } });
  try {
    const files = Object.entries(zip ? unzipSync(zip) : {}).map(([name, bytes]) => new File([bytes as BlobPart], name));
    const adapter = files.length === 0 ? undefined : await opened.attach(files);
    return tf.tidy(() => {
      const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
      const context = inferenceContext(activeAdapters(...(adapter === undefined ? [] : [adapter.name])));
      return Array.from((adapter?.opened.model ?? opened.base).forward({ inputIds: ids }, context).dataSync());
    });
  } finally {
    opened.dispose();
  }
}
