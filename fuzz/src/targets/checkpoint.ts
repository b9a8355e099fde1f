// A checkpoint of a training: what its manifest vouches for is what was written, or nothing is read at all.

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "@lowrank/contracts/internal";
import { parseState, serializeState, type TrainingState } from "@lowrank/trainer";
import { readCheckpoint } from "@lowrank/trainer/node";
import { joinFiles, splitFiles } from "../inputs/joined-files.ts";
import { treeOf } from "../inputs/json-tree.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { jsonInput } from "../inputs/mutate-json.ts";
import { demand, type Target } from "../target.ts";

const values = Float32Array.of(1, -2, 0.5, 3e-8);
const state: TrainingState = {
  version: 1,
  step: 7,
  position: { epoch: 1, batches: 3 },
  settings: {
    steps: 10,
    learningRate: 1e-3,
    schedule: "linear",
    scheduleShape: {},
    optimizer: "adamw",
    momentum: 0,
    warmupSteps: 1,
    weightDecay: 0,
    decayed: "all",
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    clipNorm: null,
    accumulate: 1,
    weightByTokens: true,
    seed: 42,
  },
  variables: new Map([["q.lora_A", { shape: [2, 2], values }]]),
  moments: new Map([["q.lora_A", { first: values, second: values.map(Math.abs), updates: 7 }]]),
  best: { step: 5, value: 1.5 },
  evaluationsSinceBest: 0,
  fingerprint: "lowrank-1:0123456789abcdef",
};
const { tensors, facts } = serializeState(state);
const original = new Map([
  ["state.safetensors", tensors],
  ["trainer.json", new TextEncoder().encode(facts)],
]);
const [factsTree] = [treeOf(JSON.parse(facts))];
const originalManifest = manifestOf(original);
const manifestTree = treeOf(JSON.parse(originalManifest));

export const checkpoint: Target = {
  generate(random) {
    const files = new Map<string, Uint8Array>(original);
    if (random.chance(0.6)) files.set("trainer.json", jsonInput([factsTree], random));
    if (random.chance(0.3)) files.set("state.safetensors", mutateBytes(tensors, random));
    // Half of them vouch for the changed files: only then does anyone look inside.
    files.set("manifest.json", new TextEncoder().encode(random.chance(0.5) ? manifestOf(files) : originalManifest));
    if (random.chance(0.2)) files.set("manifest.json", jsonInput([manifestTree], random));
    if (random.chance(0.1)) files.delete(random.pick([...files.keys()]));
    return random.chance(0.1) ? mutateBytes(joinFiles(files), random) : joinFiles(files);
  },

  async check(input, folder) {
    const path = join(folder, "checkpoint-7");
    const files = splitFiles(input);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    for (const [name, bytes] of files) if (name !== "." && name !== "..") writeFileSync(join(path, name), bytes);
    const read = await readCheckpoint(path);
    const isOriginal = new TextDecoder().decode(files.get("manifest.json")) === originalManifest;
    demand(!isOriginal || told(read) === told(state), "a checkpoint was read that is not the one that was written");
    demand(told(await parseState(serializeState(read))) === told(read), "writing changed the state");
  },
};

function manifestOf(files: ReadonlyMap<string, Uint8Array>): string {
  const entries = Array.from(files, ([name, bytes]) => {
    return [name, { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }];
  });
  return JSON.stringify({
    format: "lowrank-checkpoint",
    version: 1,
    step: state.step,
    files: Object.fromEntries(entries),
  });
}

/** Everything in a state, comparable, in whatever order its fields were read. */
function told(of: TrainingState): string {
  return JSON.stringify(sorted(of), (_, value: unknown) => {
    if (value instanceof Map) return [...value].map(([name, each]) => [name, sorted(each)]);
    return value instanceof Float32Array ? [...value].map(String) : isObject(value) ? sorted(value) : value;
  });
}

/** Entries sorted by name alone: a plain sort would call `toString`, which may come from the file. */
function sorted(of: object): readonly unknown[] {
  return Object.entries(of).sort(([one], [other]) => (one < other ? -1 : 1));
}
