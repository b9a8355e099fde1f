// Which learning rate a method is best with: from the one in `methods`, doubled or halved as long as that helps, by the loss on rows
// of training that are held out. What it finds is written into `methods` or the task by hand.

import { chooseEngine } from "@lowrank/engine";
import type { ExperimentOptions } from "../experiment.ts";
import type { Method } from "../methods/method.ts";
import { rateOf, type Task } from "../tasks/task.ts";
import { bestRate } from "./best-rate.ts";
import { runMethod } from "./run-method.ts";
import { figuresText, processorAndDate, readSaved, type SavedRun } from "./saved-runs.ts";
import { methodsNamed, type Sweep, saveSweep } from "./sweep.ts";

const seed = 0;
const compared = ["full", "lora-r8-qv", "lora-r8-all"];

/** Searches the learning rates of a task that was read for it. Saved tries are not repeated. */
export async function searchRates(read: Task, { only, rows, log }: ExperimentOptions): Promise<void> {
  const task = { ...read, name: `${read.name}-rates` };
  const { name: engine } = await chooseEngine();
  const tried = async (method: Method, learningRate: number): Promise<SavedRun> => {
    const { hasLearned: _, ...trained } = await runMethod(task, method, { seed, learningRate });
    return { method: method.name, seed, learningRate, ...trained, engine, ...processorAndDate() };
  };
  for (const method of methodsNamed(only ?? compared)) {
    const best = await bestRate(rateOf(task, method), async (rate) => {
      // With fewer rows nothing is saved, and saved runs do not count.
      const known = rows === undefined ? triesOf(task) : [];
      const kept = known.find((run) => run.method === method.name && run.learningRate === rate);
      const run = kept ?? (await tried(method, rate));
      if (kept === undefined && rows === undefined) saveSweep(task, { runs: [...triesOf(task), run] });
      log(`${method.name} at ${rate}: ${figuresText(run)}`);
      return run.after.loss;
    });
    log(`${method.name}: best at ${best}`);
  }
}

function triesOf({ name }: Task): readonly SavedRun[] {
  return readSaved<Sweep>(name)?.runs ?? [];
}
