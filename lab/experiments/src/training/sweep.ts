// Every method on one task with several seeds. All methods run their first seed before one runs its second, so that a
// stopped sweep has results of each; it can be resumed.

import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import type { Metrics } from "@lowrank/trainer/internal";
import type { ExperimentOptions } from "../experiment.ts";
import type { Method } from "../methods/method.ts";
import { methods } from "../methods/methods.ts";
import { rateOf, type Task } from "../tasks/task.ts";
import { measureUntrained, type RunOptions, runMethod, type Trained } from "./run-method.ts";
import { adaptersFolder, figuresText, processorAndDate, readSaved, type SavedRun, saveResult } from "./saved-runs.ts";

/** The stored results of a sweep. */
export interface Sweep {
  readonly about: string;
  readonly figure: string;
  readonly epochs: number;
  /** Whether training dropped out; absent: no. */
  readonly dropout?: boolean | undefined;
  /** The untrained model's result; absent if its head is untrained. */
  readonly untrained?: Metrics | undefined;
  readonly runs: readonly SavedRun[];
}

/** The facts of a task that a sweep's result contains. */
type Swept = Pick<Task, "name" | "about" | "figure" | "epochs" | "dropout">;

export async function sweep(task: Task, { seeds, only, rows, log }: ExperimentOptions): Promise<void> {
  const chosen = methodsNamed(only).filter((method) => suits(method, task));
  const { name: engine } = await chooseEngine();
  if (rows === undefined && task.kind === "texts" && readSaved<Sweep>(task.name)?.untrained === undefined)
    saveSweep(task, { untrained: await measureUntrained(task, 0) });
  for (const seed of seeds) {
    for (const method of chosen) {
      if (rows === undefined && isSaved(task, method, seed)) continue;
      const folder = join(adaptersFolder, task.name, `${method.name}-${seed}`);
      const onStep = (step: number, loss: number) => {
        if (step % 100 === 0) log(`${method.name} seed ${seed}: step ${step}, loss ${loss.toFixed(3)}`);
      };
      const trained = await trainAtRates(task, method, { seed, onStep, ...(rows === undefined ? { folder } : {}) });
      const run = { method: method.name, seed, ...trained, engine, ...processorAndDate() };
      if (rows === undefined) addRun(task, run);
      log(
        `${method.name} seed ${seed}: ${figuresText(trained)}; ${trained.trainable} parameters, ${trained.seconds.toFixed(0)} s`,
      );
    }
  }
}

/** In the order of the names; all methods without them. Throws on a name that there is not. */
export function methodsNamed(names: readonly string[] = methods.map(({ name }) => name)): readonly Method[] {
  const unknown = names.filter((name) => !methods.some((method) => method.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no method "${unknown.join('", "')}"; there are ${methods.map(({ name }) => name).join(", ")}.`,
    );
  return names.flatMap((name) => methods.find((method) => method.name === name) ?? []);
}

/** A rate at which the loss did not fall is too high: a quarter of it is tried, twice at most, and failures are reported. */
async function trainAtRates(
  task: Task,
  method: Method,
  options: Omit<RunOptions, "learningRate">,
): Promise<Trained & Pick<SavedRun, "learningRate" | "failedRates">> {
  const failedRates: number[] = [];
  for (let learningRate = rateOf(task, method); ; learningRate /= 4) {
    const { hasLearned, ...trained } = await runMethod(task, method, { ...options, learningRate });
    if (hasLearned || failedRates.length === 2)
      return { ...trained, learningRate, ...(failedRates.length > 0 ? { failedRates } : {}) };
    failedRates.push(learningRate);
  }
}

/** With the rate that the method has now: after another one it is run again. */
export function isSaved(task: Task, method: Method, seed: number): boolean {
  const kept = readSaved<Sweep>(task.name)?.runs.find((run) => run.method === method.name && run.seed === seed);
  return kept !== undefined && (kept.failedRates?.[0] ?? kept.learningRate) === rateOf(task, method);
}

function suits({ isForClassifiers, group }: Method, { kind }: Task): boolean {
  if (kind === "pictures") return group !== "virtual tokens"; // they are among tokens
  return kind === "classes" || isForClassifiers === undefined;
}

/** In place of one of the same method and seed. */
export function addRun(task: Swept, run: SavedRun): void {
  const kept = readSaved<Sweep>(task.name)?.runs ?? [];
  const others = kept.filter((one) => one.method !== run.method || one.seed !== run.seed);
  saveSweep(task, { runs: [...others, run] });
}

/** Reads the stored results again: another process may have added a run meanwhile. */
export function saveSweep({ name, about, figure, epochs, dropout }: Swept, found: Partial<Sweep>): void {
  const { untrained, runs = [] } = readSaved<Sweep>(name) ?? {};
  saveResult(name, { about, figure, epochs, dropout, untrained, runs, ...found } satisfies Sweep);
}
