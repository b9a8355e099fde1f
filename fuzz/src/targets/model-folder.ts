// config.json and generation_config.json of a folder whose weights fit the configuration before it was changed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesFolder, loadModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { joinFiles, splitFiles } from "../inputs/joined-files.ts";
import { treeOf } from "../inputs/json-tree.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { fixturesWith, jsonSeeds, root } from "../inputs/seeds.ts";
import { demand, notAnInput, type Target } from "../target.ts";
import { messageFault } from "../watch/judge.ts";

await tf.setBackend("cpu");
const fixtures = "packages/models/fixtures";
const names = fixturesWith(fixtures, "config.json").map((path) => path.split("/").at(-2) ?? "");
const configs = jsonSeeds(names.map((name) => `${fixtures}/${name}/config.json`));
const generation = [{ eos_token_id: [0, 1], max_new_tokens: 5, top_k: 50, temperature: 0.7, do_sample: true }].map(
  treeOf,
);
const weights = new Map<string, Uint8Array>();

export const modelFolder: Target = {
  generate(random) {
    const index = random.integer(names.length);
    const others = random.chance(0.9) ? configs.slice(index, index + 1) : configs;
    const files = new Map([
      ["base", new TextEncoder().encode(names[index])],
      ["config.json", jsonInput(others, random)],
    ]);
    if (random.chance(0.3)) files.set("generation_config.json", jsonInput(generation, random));
    return joinFiles(files);
  },

  async check(input) {
    const files = new Map(splitFiles(input));
    const base = new TextDecoder().decode(files.get("base"));
    if (!names.includes(base)) notAnInput();
    files.delete("base");
    files.set("model.safetensors", weightsOf(base));
    const before = tf.memory().numTensors;
    const onWarning = ({ message }: { readonly message: string }) => {
      const fault = messageFault(message);
      demand(fault === undefined, `a warning is ${fault}: ${message.slice(0, 100)}`);
    };
    try {
      (await loadModel(filesFolder("fuzz", files), { onWarning })).dispose();
    } finally {
      const left = tf.memory().numTensors - before;
      demand(left === 0, `${left} tensors stayed in memory`);
    }
  },
};

function weightsOf(base: string): Uint8Array {
  const known = weights.get(base) ?? readFileSync(join(root, fixtures, base, "model.safetensors"));
  weights.set(base, known);
  return known;
}
