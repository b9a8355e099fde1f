// One run of a sweep: starts it, resumes it, or skips it if it is complete.

import { LowrankError } from "@lowrank/contracts";
import type { Communicator } from "@lowrank/trainer/mpi";
import { latestCheckpoint } from "@lowrank/trainer/node";
import { DivergedError, interruptedError } from "../../errors/run-errors.ts";
import type { MetricName } from "../../metric-names.ts";
import { exists } from "../../node/exists.ts";
import type { TrainingRows } from "../../objectives/training-rows.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { describeValues, type SweepRun } from "../../sweep/plan-sweep.ts";
import { endOf, type RunProgress, readProgress, writeProgress } from "../../sweep/run-record.ts";
import type { DistributedOptions, EngineOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";
import { runTrain } from "../train/run-train.ts";
import { unranked } from "./gather-runs.ts";

export interface SweepOptions extends EngineOptions, DistributedOptions {
  readonly set: readonly string[];
  readonly out?: string;
  readonly bestBy?: MetricName;
  readonly plan?: boolean;
  readonly only?: number;
  readonly to?: "slurm" | "kubernetes";
  readonly gather?: boolean;
}

export interface SweepContext {
  readonly report: Report;
  readonly communicator: Communicator | undefined;
}

export interface RunsContext extends SweepContext {
  readonly options: SweepOptions;
  readonly runs: number;
}

interface Todo {
  readonly state: RunProgress["state"];
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

/** Trains the run, unless it is complete. A diverged run is a result, not an error. Throws the other errors of `runTrain`. */
export async function makeRun(run: SweepRun, context: RunsContext): Promise<void> {
  const { report, communicator, options } = context;
  const name = `run ${run.index} of 0–${context.runs - 1} (${describeValues(run.values)})`;
  const { state, ...how } = await broadcastTodo(communicator, () => todoFor(run));
  if (state === "complete" || state === "diverged") return report.print(`${name}: ${state} already`);
  report.emit({ type: "run", index: run.index, values: run.values, out: run.out });
  report.print(name);
  const isFirst = (communicator?.rank ?? 0) === 0;
  // Before the first step, because training runs that no validation can rank may take days.
  const choose = (rows: TrainingRows) => {
    if (options.only === undefined && rows.validation.length === 0)
      report.warn({ code: "RUNS_UNRANKED", message: unranked });
    return rows;
  };
  const note = (progress: RunProgress) => (isFirst ? writeProgress(run, progress) : Promise.resolve());
  await note({ state: "begun" });
  try {
    const { engine, threads, distributed } = options;
    await runTrain({ ...run.recipe, ...omitUndefined({ engine, threads, distributed }), ...how }, report, {
      communicator,
      choose,
    });
  } catch (error) {
    if (LowrankError.isInstance(error, "INTERRUPTED"))
      throw interruptedError(`Stopped in ${name}. To continue, repeat the command; saved runs are not repeated.`);
    if (!(error instanceof DivergedError)) throw error;
    report.warn(error);
    return note({ state: "diverged", message: error.message });
  }
  if (isFirst) await note({ state: "complete", ...(await endOf(run)) });
}

async function todoFor(run: SweepRun): Promise<Todo> {
  const { state } = await readProgress(run);
  if (state !== "begun" || !(await exists(run.out))) return { state };
  return (await latestCheckpoint(run.out)) === undefined ? { state, overwrite: true } : { state, resume: true };
}

async function broadcastTodo(communicator: Communicator | undefined, find: () => Promise<Todo>): Promise<Todo> {
  if (communicator === undefined) return find();
  const message = communicator.rank === 0 ? new TextEncoder().encode(JSON.stringify(await find())) : undefined;
  // This program's own words, a moment ago.
  return JSON.parse(new TextDecoder().decode(await communicator.broadcast(message))) as Todo;
}
