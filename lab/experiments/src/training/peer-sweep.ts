// A task in PEFT, method by method and seed by seed, by the recipe of our own runs, and kept as those are.

import { preparedModel } from "../../../benchmarks/src/harness/peer-folders.ts";
import type { ExperimentOptions } from "../experiment.ts";
import type { Method } from "../methods/method.ts";
import { rateOf, type Task } from "../tasks/task.ts";
import { meanOf } from "./mean-of.ts";
import { openInPeft } from "./model-in-peft.ts";
import type { Trained } from "./run-method.ts";
import { figuresText, processorAndDate } from "./saved-runs.ts";
import { addRun, isSaved, methodsNamed } from "./sweep.ts";

/** The facts of a task that the program gets. */
const known = {
  classes: { model: "minilm", methods: ["lora-r8-qv", "full", "head"] },
  texts: { model: "smollm2", methods: ["lora-r8-qv", "full"] },
} as const;

export async function sweepInPeft(task: Task, { seeds, only, rows, log }: ExperimentOptions): Promise<void> {
  const name = `${task.name}-peft`;
  if (task.kind === "pictures") throw new Error(`${task.name}: PEFT's side knows texts alone.`);
  if (task.dropout) throw new Error(`${task.name}: PEFT's side trains without dropout alone.`);
  const { model, methods } = known[task.kind];
  for (const seed of seeds) {
    for (const method of methodsNamed(only ?? methods)) {
      if (rows === undefined && isSaved({ ...task, name }, method, seed)) continue;
      const options = { path: await preparedModel(model), kind: task.kind, seed };
      const trained = await trainInPeft(task, method, options);
      const learningRate = rateOf(task, method);
      const run = { method: method.name, seed, learningRate, ...trained, ...processorAndDate() };
      if (rows === undefined) addRun({ ...task, name, about: `${task.about}; in PEFT` }, run);
      log(`${method.name} seed ${seed}: ${figuresText(run)}; ${trained.seconds.toFixed(0)} s`);
    }
  }
}

async function trainInPeft(
  task: Task,
  method: Method,
  { path, kind, seed }: { readonly path: string; readonly kind: "classes" | "texts"; readonly seed: number },
): Promise<Trained & { readonly engine: string }> {
  const steps = task.epochs * task.batchesPerEpoch;
  const recipe = { method: method.name, seed, learningRate: rateOf(task, method), steps };
  const model = await openInPeft({ path, kind, ...recipe });
  try {
    const losses: number[] = [];
    const began = performance.now();
    for (let epoch = 0; epoch < task.epochs; epoch += 1) {
      for (const batch of task.batches(seed + epoch)) losses.push(await model.learn(batch));
    }
    const seconds = (performance.now() - began) / 1000;
    const after = await task.measure(model);
    return {
      trainable: model.trainable,
      after,
      trainLoss: meanOf(losses.slice(-20)),
      steps,
      seconds,
      engine: model.engine,
    };
  } finally {
    model.end();
  }
}
