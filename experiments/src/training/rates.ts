// Which learning rate a method is best with: from the one in `methods`, doubled or halved as long as that helps, by the loss on rows
// of the training file that are held out. What it finds is written into `methods` by hand.

import { chooseEngine } from "@lowrank/engine";
import type { ExperimentOptions } from "../experiment.ts";
import type { Method } from "../methods/method.ts";
import { sst2 } from "../tasks/sst2.ts";
import { rateOf, type Task } from "../tasks/task.ts";
import { type KeptRun, keep, processorName, readKept } from "./kept-runs.ts";
import { runMethod } from "./run-method.ts";
import { methodsNamed, type Sweep } from "./sweep.ts";

const heldOut = 800;
const seed = 0;
/** In one direction. */
const mostTries = 4;
/** Of loss; what learns nothing at any rate differs by less. */
const leastGain = 0.001;
/** What the paper compares, and LoRA itself. */
const compared = "full,lora-r8-qv,lora-r8-all,bitfit,ia3,adapter-houlsby,adapter-pfeiffer,prefix,prompt".split(",");

export async function sst2Rates({ only, rows, log }: ExperimentOptions): Promise<void> {
  const task = await sst2({ rows, heldOut });
  const { name: engine } = await chooseEngine();
  for (const method of methodsNamed(only ?? compared)) {
    const best = await bestRate(rateOf(task, method), async (rate) => {
      const { after } =
        keptAt(method, rate) ?? (await tried(task, method, rate, { engine, isKept: rows === undefined }));
      log(`${method.name} at ${rate}: loss ${after.loss.toFixed(4)}, accuracy ${after.accuracy?.toFixed(4)}`);
      return after.loss;
    });
    log(`${method.name}: best at ${best}`);
  }
}

/** The first rate, doubled as long as the loss gets lower, or else halved; four times at most. */
export async function bestRate(first: number, lossAt: (rate: number) => Promise<number>): Promise<number> {
  let best = { rate: first, loss: await lossAt(first) };
  for (const factor of [2, 0.5]) {
    if (best.rate !== first) break;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const next = { rate: best.rate * factor, loss: await lossAt(best.rate * factor) };
      if (!(next.loss < best.loss - leastGain)) break;
      best = next;
    }
  }
  return best.rate;
}

function keptAt(method: Method, rate: number): KeptRun | undefined {
  return readKept<Sweep>("sst2-rates")?.runs.find((run) => run.method === method.name && run.learningRate === rate);
}

async function tried(
  task: Task,
  method: Method,
  learningRate: number,
  { engine, isKept }: { readonly engine: string; readonly isKept: boolean },
): Promise<KeptRun> {
  const { hasLearnt: _, ...trained } = await runMethod(task, method, { seed, learningRate });
  const facts = { engine, processor: processorName(), date: new Date().toISOString() };
  const run = { method: method.name, seed, learningRate, ...trained, ...facts };
  const others = readKept<Sweep>("sst2-rates")?.runs ?? [];
  if (isKept) keep("sst2-rates", { about: task.about, figure: task.figure, runs: [...others, run] } satisfies Sweep);
  return run;
}
