// How much memory LoRA on a 4-bit LLaMA of 1.1 thousand million parameters takes (TinyLlama's shape, random blocks):
// node --conditions=lowrank-source --import tsx packages/models/bench/llama-1b-memory.ts
//   [--engine native] [--layers 22] [--tokens 128] [--steps 3] [--precision as-stored]
// The last line of output is one JSON object; peakRssMb is in MB of 2²⁰ bytes.

import { parseArgs } from "node:util";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { chooseEngine, engineNames } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { loadGguf } from "@lowrank/models";
import { describeModel } from "@lowrank/models/internal";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { randomGguf } from "./random-gguf.ts";

const { values: options } = parseArgs({
  options: {
    engine: { type: "string" },
    layers: { type: "string", default: "22" },
    tokens: { type: "string", default: "128" },
    steps: { type: "string", default: "3" },
    precision: { type: "string", default: "as-stored" },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const peakRssMb = () => Math.round(process.resourceUsage().maxRSS / 1024);
const precision = (["float32", "as-stored", "nf4"] as const).find((name) => name === options.precision);
if (precision === undefined) throw new Error("--precision is float32, as-stored or nf4.");
const vocabulary = 32_000;

const wanted = engineNames.filter((name) => name === options.engine);
const { name: engine } = await chooseEngine(wanted.length === 0 ? {} : { order: wanted });
print(`engine ${engine}: ${peakRssMb()} MB`);

const shape = {
  layers: Number(options.layers),
  width: 2048,
  heads: 32,
  keyValueHeads: 4,
  feedForward: 5632,
  vocabulary,
};
const loadingStart = performance.now();
const model = await loadGguf(randomGguf(shape), { basePrecision: precision });
const { parameters, bytes } = describeModel(model);
const loadSeconds = (performance.now() - loadingStart) / 1000;
print(
  `loaded in ${loadSeconds.toFixed(1)} s: ${(parameters / 1e6).toFixed(0)} M parameters in ${(bytes / 2 ** 20).toFixed(0)} MB; peak ${peakRssMb()} MB`,
);

const plan = planInjection(model, createLoraConfig({ rank: 8, alpha: 16, targetModules: "all-linear" }));
const handle = injectAdapter(model, plan, { seed: 1 });
const row = Array.from({ length: Number(options.tokens) }, (_, index) => (index * 7919) % vocabulary);
const losses: number[] = [];
const times: number[] = [];
let start = performance.now();
const events = train<number[]>({
  variables: handle.variables,
  batches: () => [row],
  loss: (ids, random) => {
    const inputIds = tf.tensor2d(ids, [1, ids.length], "int32");
    const context = { training: true, adapters: activeAdapters(handle.name), random };
    return model.loss({ inputIds, labels: inputIds }, context);
  },
  steps: Number(options.steps),
  learningRate: 1e-3,
  seed: 1,
});
for await (const event of events) {
  if (event.type === "start") start = performance.now();
  if (event.type !== "step") continue;
  times.push(performance.now() - start);
  losses.push(event.loss);
  print(
    `step ${losses.length}: loss ${event.loss.toFixed(4)}, ${(times.at(-1) ?? 0).toFixed(0)} ms; peak ${peakRssMb()} MB`,
  );
  start = performance.now();
}
const { numTensors, numBytes } = tf.memory();
print(
  JSON.stringify({
    name: "llama-1b-memory",
    engine,
    precision,
    layers: shape.layers,
    tokens: row.length,
    parameters,
    baseMb: Math.round(bytes / 2 ** 20),
    stepMs: times.map(Math.round),
    losses,
    tensors: numTensors,
    tensorMb: Math.round(numBytes / 2 ** 20),
    peakRssMb: peakRssMb(),
  }),
);
