// What the tab holds: a model, its tokenizer, the sample, and at most one adapter.

import { createLoraConfig, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { openTokenizer } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, countParameters, injectAdapter, partsOf, planInjection } from "@lowrank/inject";
import { fetchedFolder, generate, loadModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { zipSync } from "fflate";
import type { Report, SessionSummary, TrainingSettings } from "../protocol.ts";
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
  const folder = fetchedFolder(new URL("tiny-model/", base).href);
  const model = await loadModel(folder);
  const tokenizer = await openTokenizer(folder);
  const sample = prepareSample(await fetchSample(new URL("e2e/e2e-devset.csv", base).href), tokenizer);
  let kept: AdapterHandle | undefined;
  let runs = 0;

  return {
    summary: {
      engine: engine.name,
      passedOver: engine.passedOver.map(({ name, reason }) => `${name}: ${reason}`),
      parameters: countParameters(model),
      prompt: sample.prompt,
    },
    get hasAdapter() {
      return kept !== undefined;
    },
    async train(settings, { signal, report }) {
      const config = createLoraConfig({
        rank: settings.rank,
        alpha: 2 * settings.rank,
        targetModules: "all-linear",
        taskType: "CAUSAL_LM",
        baseModel: "@lowrank/tiny-model",
      });
      const plan = planInjection(model, config);
      report({
        type: "planned",
        sites: partsOf(plan, "site").length,
        trainable: plan.trainableParameters,
        share: plan.share,
      });
      runs += 1;
      const handle = injectAdapter(model, plan, { name: `run-${runs}`, seed: settings.seed });
      let steps = 0;
      try {
        steps = await trainOnSample({ model, handle, sample, padId: tokenizer.padId, settings, signal, report });
        return steps;
      } finally {
        if (steps > 0) {
          kept?.dispose();
          kept = handle;
        } else handle.dispose();
      }
    },
    async answer(prompt, side) {
      const context = inferenceContext(
        side === "adapted" && kept !== undefined ? activeAdapters(kept.name) : undefined,
      );
      const [ids = []] = await generate(model, {
        promptIds: [[...tokenizer.prefixIds, ...tokenizer.encode(asPrompt(prompt), { addSpecialTokens: false })]],
        maxNewTokens: 64,
        eosTokenIds: [...model.generation.eosTokenIds, ...(tokenizer.eosId === undefined ? [] : [tokenizer.eosId])],
        context,
      });
      return tokenizer.decode(ids).trim();
    },
    async logits(inputIds) {
      const context = inferenceContext(kept === undefined ? undefined : activeAdapters(kept.name));
      const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
      const logits = model.forward({ inputIds: ids }, context); // [1, time, vocabulary]
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
      const files = writeAdapter(await kept.toAdapter());
      const encoder = new TextEncoder();
      return zipSync(
        Object.fromEntries(
          Object.entries(files).map(([name, content]) => [
            name,
            typeof content === "string" ? encoder.encode(content) : content,
          ]),
        ),
      );
    },
  };
}
