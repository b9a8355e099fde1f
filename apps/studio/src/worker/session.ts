// What the tab holds: a model, its tokenizer, the sample, and at most one adapter.

import { inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { countParameters, partsOf } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { zipSync } from "fflate";
import { type OpenedAdapter, openModel } from "lowrank/browser";
import type { Report, SessionSummary, TrainingSettings } from "../old-protocol.ts";
import { fetchSample } from "./fetch-sample.ts";
import { asPrompt, prepareSample } from "./sample.ts";
import { trainOnSample } from "./train-on-sample.ts";

export interface Session {
  readonly summary: SessionSummary;
  readonly hasAdapter: boolean;
  /**
   * Trains a new adapter and says how many steps it made. It takes the place of the one before only once it is trained:
   * a run that fails, or is stopped before its first step, leaves what was there.
   */
  train(settings: TrainingSettings, context: { signal: AbortSignal; report(message: Report): void }): Promise<number>;
  answer(prompt: string, side: "base" | "adapted"): Promise<string>;
  /** The adapter's files as a zip, as PEFT's `save_pretrained` lays them out. */
  zipAdapter(): Promise<Uint8Array>;
  /** Logits [time · vocabulary] of one row of token ids, with the adapter if there is one. */
  logits(inputIds: readonly number[]): Promise<Float32Array>;
  /** What TensorFlow.js holds now. */
  memory(): { readonly tensors: number; readonly bytes: number };
}

/** Starts an engine and loads the model and the sample from beside the page. */
export async function openSession(base: URL): Promise<Session> {
  const engine = await chooseEngine({ order: ["webgpu", "wasm", "cpu"], wasmPath: new URL("wasm/", base).href });
  const model = await openModel(new URL("tiny-model/", base).href, { engine: false });
  await model.tokenizer(); // now: a tab that has loaded needs no network
  const sample = prepareSample(await fetchSample(new URL("e2e/e2e-devset.csv", base).href));
  let kept: OpenedAdapter | undefined;
  let runs = 0;

  return {
    summary: {
      engine: engine.name,
      passedOver: engine.passedOver.map(({ name, reason }) => `${name}: ${reason}`),
      parameters: countParameters(model.base),
      prompt: sample.prompt,
    },
    get hasAdapter() {
      return kept !== undefined;
    },
    async train(settings, { signal, report }) {
      const { rank, seed } = settings;
      const config = { rank, alpha: 2 * rank, targetModules: "all-linear", baseModel: "@lowrank/tiny-model" };
      runs += 1;
      const adapter = model.adapt(config, { name: `run-${runs}`, seed });
      const { plan } = adapter;
      const { trainableParameters: trainable, share } = plan;
      report({ type: "planned", sites: partsOf(plan, "site").length, trainable, share });
      let steps = 0;
      try {
        steps = await trainOnSample({ model, adapter, sample, settings, signal, report });
        return steps;
      } finally {
        if (steps > 0) {
          kept?.dispose();
          kept = adapter;
        } else adapter.dispose();
      }
    },
    async answer(prompt, side) {
      const adapter = side === "adapted" ? (kept ?? null) : null;
      return (await model.generate(asPrompt(prompt), { adapter, maxNewTokens: 64 })).trim();
    },
    async logits(inputIds) {
      const context = kept?.opened.context ?? inferenceContext();
      const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
      const logits = model.base.forward({ inputIds: ids }, context); // [1, time, vocabulary]
      try {
        return (await logits.data()) as Float32Array;
      } finally {
        tf.dispose([ids, logits]);
      }
    },
    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },
    async zipAdapter() {
      if (kept === undefined) throw new Error("Train first: there is no adapter yet.");
      const files = await kept.files();
      const encoder = new TextEncoder();
      return zipSync(
        Object.fromEntries(
          [...files].map(([name, content]) => [name, typeof content === "string" ? encoder.encode(content) : content]),
        ),
      );
    },
  };
}
