// A LoRA step of @genai-fi/nanogpt on the wasm backend, with its matMul patched as ours is: without that it is four
// times slower, and the comparison would be one of kernels only.
//
// The package is made for browsers and is no dependency of this repository: harness/peer-folders.ts installs it elsewhere.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Tf from "@tensorflow/tfjs-core";
import { serve } from "../harness/serve.ts";
import { receivedSettings, shapeOf } from "../settings.ts";
import { mendWasm, type WasmModule } from "./nanogpt-wasm.ts";

/** The parts of the package that are used; it publishes no types for them. */
interface Model {
  forward(attributes: object, x: Tf.Tensor): Tf.Tensor;
}
interface Trainer {
  configure(options: object): void;
  trainStep(state: object, batch: { readonly xs: Tf.Tensor; readonly ys: Tf.Tensor }): Tf.Scalar;
}

const settings = receivedSettings();
const { config } = shapeOf(settings);
const require = createRequire(join(process.env.LOWRANK_NANOGPT ?? "", "package.json"));
const packageFolder = dirname(dirname(require.resolve("@genai-fi/nanogpt")));
await pretendBrowser(() => import(pathToFileURL(require.resolve("@genai-fi/nanogpt")).href));
const tf: typeof Tf = require("@tensorflow/tfjs-core");
const wasm: WasmModule = require("@tensorflow/tfjs-backend-wasm");
const wasmFolder = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"));
await mendWasm(tf, wasm, `${join(wasmFolder, "wasm-out")}/`);

const vocabulary = Number(config.vocab_size);
const model = await call<Model>("models/factory.js", {
  modelType: "GenAI_NanoGPT_v1",
  vocabSize: vocabulary,
  blockSize: settings.time,
  nLayer: config.num_hidden_layers,
  nHead: config.num_attention_heads,
  nEmbed: config.hidden_size,
  mlpFactor: Number(config.intermediate_size) / Number(config.hidden_size),
  useRope: true,
});
tf.dispose(model.forward({ training: false }, tf.zeros([1, settings.time], "int32"))); // makes the weights
const options = {
  method: { type: "supervised", supervised: "lora" },
  batchSize: settings.batch,
  learningRate: 1e-4,
  dropout: settings.dropout ?? 0,
  loraName: "a",
  loraConfig: {
    rank: 8,
    alpha: 16,
    variables: ["block_*_cAttn", "block_*_cProj", "block_*_mlpHidden", "block_*_mlpOut"],
  },
};
const trainer = await call<Trainer>(
  "training/factory.js",
  model,
  { vocabSize: vocabulary, getVocab: () => Array.from({ length: vocabulary }, (_, id) => `t${id}`) },
  options,
);
trainer.configure(options);
const ids = () => {
  const values = Int32Array.from({ length: settings.batch * settings.time }, (_, index) => (7 * index) % vocabulary);
  return tf.tensor2d(values, [settings.batch, settings.time], "int32");
};

await serve({
  versions: {
    node: process.versions.node,
    "@genai-fi/nanogpt": require(join(packageFolder, "package.json")).version,
    "@tensorflow/tfjs-core": tf.version_core,
  },
  steps: {
    async step() {
      await makeStep();
      return undefined;
    },
  },
  facts: async () => ({ tensorMb: await peakTensorMb() }),
});

async function makeStep(): Promise<void> {
  const batch = { xs: ids(), ys: ids() };
  const loss = trainer.trainStep({}, batch);
  await loss.data();
  tf.dispose([loss, batch.xs, batch.ys]);
}

/** As in ours/training-step.ts. */
async function peakTensorMb(): Promise<number> {
  tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", false);
  const { peakBytes } = await tf.profile(async () => {
    await makeStep();
    return [];
  });
  return peakBytes / 2 ** 20;
}

async function call<Result>(file: string, ...args: readonly unknown[]): Promise<Result> {
  const module = await import(pathToFileURL(join(packageFolder, "dist", file)).href);
  return module.default(...args);
}

/** Its bundle replaces Node's `util` by nothing and fails unless it believes that it is in a page. */
async function pretendBrowser(load: () => Promise<unknown>): Promise<void> {
  const document = { createElement: () => ({}), addEventListener: () => {} };
  Object.assign(globalThis, { window: globalThis, document });
  await load();
  Reflect.deleteProperty(globalThis, "window");
  Reflect.deleteProperty(globalThis, "document");
}
