// What the tab holds: a model, its tokenizer, the sample, and at most one adapter.

import { createLoraConfig, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { openTokenizer } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { type AdapterHandle, countParameters, injectAdapter, planInjection } from "@lowrank/inject";
import { fetchedFolder, generate, loadModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { zipSync } from "fflate";
import type { Report, TrainingSettings } from "../protocol.ts";
import { asPrompt, prepareSample } from "./sample.ts";
import { trainOnSample } from "./train-on-sample.ts";

export interface Session {
  readonly summary: { readonly engine: string; readonly parameters: number; readonly prompt: string };
  readonly hasAdapter: boolean;
  train(settings: TrainingSettings, context: { signal: AbortSignal; report(message: Report): void }): Promise<void>;
  answer(prompt: string, side: "base" | "adapted"): Promise<string>;
  /** The adapter's files as a zip, as PEFT's `save_pretrained` lays them out. */
  zipAdapter(): Promise<Uint8Array>;
  /** Logits [time · vocabulary] of one row of token ids, with the adapter if there is one. */
  logits(inputIds: readonly number[]): Promise<Float32Array>;
}

const adapterName = "default";

/** Starts an engine and loads the model and the sample from beside the page. */
export async function openSession(base: URL): Promise<Session> {
  const engine = await chooseEngine({ order: ["webgpu", "wasm", "cpu"], wasmPath: new URL("wasm/", base).href });
  const folder = fetchedFolder(new URL("tiny-model/", base).href);
  const model = await loadModel(folder);
  const tokenizer = await openTokenizer(folder);
  const response = await fetch(new URL("e2e/e2e-devset.csv", base));
  const sample = prepareSample(await response.text(), tokenizer);
  let handle: AdapterHandle | undefined;

  return {
    summary: {
      engine: engine.name,
      parameters: countParameters(model),
      prompt: sample.prompt,
    },
    get hasAdapter() {
      return handle !== undefined;
    },
    async train(settings, { signal, report }) {
      handle?.dispose();
      handle = undefined;
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
        sites: plan.entries.length,
        trainable: plan.trainableParameters,
        share: plan.share,
      });
      handle = injectAdapter(model, plan, { name: adapterName, seed: settings.seed });
      await trainOnSample({ model, handle, sample, padId: tokenizer.padId, settings, signal, report });
    },
    async answer(prompt, side) {
      const context = inferenceContext(side === "adapted" ? activeAdapters(adapterName) : undefined);
      const [ids = []] = await generate(model, {
        promptIds: [[...tokenizer.prefixIds, ...tokenizer.encode(asPrompt(prompt), { addSpecialTokens: false })]],
        maxNewTokens: 64,
        eosTokenIds: tokenizer.eosId === undefined ? [] : [tokenizer.eosId],
        context,
      });
      return tokenizer.decode(ids).trim();
    },
    async logits(inputIds) {
      const context = inferenceContext(handle === undefined ? undefined : activeAdapters(adapterName));
      const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
      const logits = model.forward({ inputIds: ids }, context); // [1, time, vocabulary]
      try {
        return (await logits.data()) as Float32Array;
      } finally {
        tf.dispose([ids, logits]);
      }
    },
    async zipAdapter() {
      if (handle === undefined) throw new Error("Train first: there is no adapter yet.");
      const files = writeAdapter(await handle.toAdapter());
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
