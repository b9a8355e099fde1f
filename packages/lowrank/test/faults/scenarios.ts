// What is interrupted: the saves that people wait for, each over an earlier output with a person's own file in it.

import { readFileSync } from "node:fs";
import { appendFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Adapter, createLoraConfig, writeAdapter } from "@lowrank/adapter-format";
import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { checkConfig } from "@lowrank/contracts/families";
import type { ExportableModel } from "@lowrank/merge/internal";
import type { TrainingState } from "@lowrank/trainer";
import { latestCheckpoint, writeCheckpoint } from "@lowrank/trainer/node";
import { claimOutput } from "../../src/node/output/check-output.ts";
import { saveRun } from "../../src/node/run/save-run.ts";

/** A piece of work on the output at `out` in a folder of its own. Doing it again finishes what was interrupted. */
export interface Scenario {
  readonly name: string;
  /** Loads what only this work needs. */
  load?(): Promise<unknown>;
  prepare(out: string): Promise<void>;
  /** `onSaved` is called where the output is complete. */
  run(out: string, onSaved: () => Promise<void>): Promise<void>;
  /** Whether the output is whole, where that is more than to be one of those of an undisturbed run. */
  isWhole?(out: string): Promise<boolean>;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "a new adapter",
    prepare: async () => undefined,
    run: (out, onSaved) => writeAdapterFolder(out, adapterOf(2), { overwrite: true }).then(onSaved),
  },
  {
    name: "an adapter over another",
    async prepare(out) {
      await writeAdapterFolder(out, adapterOf(1));
      await appendFile(join(out, "README.md"), "\nA person's text.\n");
      await putNotes(out);
    },
    run: (out, onSaved) => writeAdapterFolder(out, adapterOf(2), { overwrite: true }).then(onSaved),
  },
  {
    name: "a new run",
    prepare: async () => undefined,
    run: (out, onSaved) => saveSteps(out, { from: 1, to: 1 }, onSaved),
  },
  {
    name: "a resumed run",
    async prepare(out) {
      await saveSteps(out, { from: 1, to: 2 }, async () => undefined);
      await putNotes(out);
    },
    run: (out, onSaved) => saveSteps(out, { from: 3, to: 3 }, onSaved),
  },
  {
    name: "checkpoints without a run",
    async prepare(out) {
      for (const step of [1, 2]) await writeCheckpoint(out, stateOf(step), { keepLast: 2 });
      await putNotes(out);
    },
    // Again where it is there: whatever a killed run left goes with the next save.
    run: (out, onSaved) => writeCheckpoint(out, stateOf(3), { keepLast: 2 }).then(onSaved),
    async isWhole(out) {
      const warnings: unknown[] = [];
      const latest = await latestCheckpoint(out, { onWarning: (warning) => void warnings.push(warning) });
      const names = (await readdir(out)).filter((name) => !/^(checkpoint-\d|notes\.txt|\.lowrank-.*)$/.test(name));
      return latest !== undefined && latest.step >= 2 && warnings.length === 0 && names.length === 0;
    },
  },
  {
    name: "a merged model over another",
    load: () => import("@lowrank/merge/node"), // it brings TensorFlow.js
    async prepare(out) {
      await writeModel(out, "F32");
      await putNotes(out);
    },
    run: (out, onSaved) => writeModel(out, "BF16").then(onSaved),
  },
];

const lastStep = 4;

async function putNotes(out: string): Promise<void> {
  await writeFile(join(out, "notes.txt"), "mine");
}

function adapterOf(step: number): Adapter {
  return {
    config: { ...createLoraConfig({ rank: 1, alpha: step, targetModules: ["q"] }), inferenceMode: true },
    tensors: new Map([
      ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, step) }],
      ["q.lora_B.weight", { shape: [3, 1], values: Float32Array.of(3, 4, step) }],
    ]),
    metadata: new Map(),
  };
}

function stateOf(step: number): TrainingState {
  return {
    version: 1,
    step,
    position: { epoch: 0, batches: step },
    settings: {
      steps: lastStep,
      learningRate: 1e-3,
      schedule: "constant",
      scheduleShape: {},
      optimizer: "adamw",
      momentum: 0,
      warmupSteps: 0,
      weightDecay: 0,
      decayed: "all",
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      clipNorm: null,
      accumulate: 1,
      weightByTokens: false,
      seed: 1,
    },
    variables: new Map([["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, step) }]]),
    moments: new Map(),
    evaluationsSinceBest: 0,
  };
}

/** As `lowrank train` does it: claims the output, goes on from its checkpoint, and saves after each step. */
async function saveSteps(
  out: string,
  { from, to }: { readonly from: number; readonly to: number },
  onSaved: () => Promise<void>,
): Promise<void> {
  const isThere = async () => (await stat(out).catch(() => undefined)) !== undefined;
  const isFinished = async () => (await isThere()) && (await latestCheckpoint(out)) === undefined;
  const resume = from > 1 || (await isThere());
  const release = await claimOutput(out, { kind: "folder", resume, inputs: [] });
  try {
    if (resume && (await isFinished())) return;
    const start = resume ? ((await latestCheckpoint(out))?.step ?? 0) + 1 : from;
    for (let step = start; step <= to; step += 1) {
      const result = {
        files: new Map(Object.entries(writeAdapter(adapterOf(step)))),
        metrics: ["{}\n"],
        stepsDone: step,
        bestStep: 1,
        state: step < lastStep ? stateOf(step) : undefined,
      };
      const isOwn = resume || step > from;
      await saveRun(out, result, { overwrite: isOwn, isOwn, keep: { last: 1 } });
      await onSaved();
    }
  } finally {
    await release();
  }
}

/** A model that is as its base, in another type of numbers. */
async function writeModel(out: string, dtype: "F32" | "BF16"): Promise<void> {
  const { writeModelFolder } = await import("@lowrank/merge/node");
  const base = process.env.FAULTS_BASE ?? "";
  const config = checkConfig(JSON.parse(readFileSync(join(base, "config.json"), "utf8")));
  const model = { config, task: "causal-lm", newParameters: [], sites: new Map(), parameters: new Map() };
  const options = { model: model as unknown as ExportableModel, sourceFolder: base, dtype, overwrite: true };
  await writeModelFolder(out, options);
}
