// Fine-tunes the served model for OpenAI's API: `lowrank train` in a process of its own, which gets a part of the machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LowrankError } from "@lowrank/contracts";
import { describeValue } from "@lowrank/contracts/internal";
import { describeModel } from "@lowrank/models/internal";
import { tidyUpTemporaries } from "@lowrank/safetensors/internal/node";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import type { FineTuneEvent, FineTuneJob, FineTuneRun, FineTuner } from "@lowrank/serve";
import { listCheckpoints } from "@lowrank/trainer/node";
import { exists } from "../../node/exists.ts";
import { lockOutput } from "../../node/output/lock-output.ts";
import { preferences } from "../../objectives/preferences/preferences.ts";
import { usualGenerations } from "../../objectives/rewards/reward-settings.ts";
import { rewards } from "../../objectives/rewards/rewards.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { OpenedModel } from "../../opened-model.ts";
import { graderReward } from "../../rewards/grader-reward.ts";
import { runDefaults } from "../../train/run-defaults.ts";
import { flagName } from "../terminal/as-flags.ts";
import { readInProcess } from "./read-in-process.ts";
import type { TrainingFile, TrainingRows } from "./training-file.ts";
import { yieldToOthers } from "./yield-to-others.ts";

interface TunerParts {
  /** The value of `--reward` for a grader of the type "registered", by the grader's name. */
  readonly rewards: ReadonlyMap<string, string>;
  readonly model: OpenedModel;
  /** Options of `lowrank train` for every job. */
  readonly options: Readonly<Record<string, string | number | undefined>>;
  /** The command that starts lowrank: a program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
}

/** Interval of checkpoints, from which a killed run is resumed. */
const stepsPerCheckpoint = 10;
/** How often a process that was killed is started again. */
const maxResumed = 3;
/** Time for a run to end whose server was killed: it notices that at its next step. */
const longestEnd = 600_000; // milliseconds

type ReadRows = (file: TrainingFile) => Promise<TrainingRows>;
type RunParts = TunerParts & { readonly read: ReadRows };

export function commandFineTuner(parts: TunerParts): FineTuner {
  let last: Promise<unknown> = Promise.resolve();
  // One file at a time, however many are uploaded.
  const read: ReadRows = (file) => {
    const settings = { execArgv: parts.command.slice(1, -1), env: withoutToken(parts) };
    const reading = last.then(() => readInProcess(file, settings));
    last = reading.catch(() => undefined);
    return reading;
  };
  return {
    check: async (file) => (await read(file)).method,
    checkGrader: (grader) => void (registered(grader, parts) ?? graderReward(grader)),
    start: (job): FineTuneRun => {
      const stop = new AbortController();
      return { events: events(job, { ...parts, read }, stop.signal), stop: (how) => stop.abort(how) };
    },
  };
}

/** The reward of a registered grader; undefined for another grader. */
function registered({ type, name }: NonNullable<FineTuneJob["grader"]>, { rewards }: TunerParts): string | undefined {
  if (type !== "registered") return undefined;
  const reward = rewards.get(String(name));
  if (reward !== undefined) return reward;
  const names = [...rewards.keys()].join(", ") || "none; start the server with --reward <name>=<reward>";
  throw new Error(`name is ${describeValue(name)}; registered rewards: ${names}`);
}

async function* events(job: FineTuneJob, parts: RunParts, signal: AbortSignal): AsyncGenerator<FineTuneEvent, void> {
  const out = join(job.folder, "adapter");
  for (let kills = 0; ; ) {
    const state = await stateOf(out, signal);
    if (state === "finished") yield { type: "end" };
    if (state === "finished" || signal.aborted) return;
    const killedBy = yield* oneProcess(job, { ...parts, out, isBegun: state === "begun" }, signal);
    if (killedBy === undefined) return;
    kills += 1;
    const found = `The training process was killed (${killedBy}), as systems do when the memory does not suffice`;
    if (kills > maxResumed)
      throw new LowrankError("TRAINING_KILLED", `${found}, ${kills} times. Free memory, or use a smaller batch_size.`);
    yield { type: "note", message: `${found}. Training resumes from its last checkpoint.` };
  }
}

/** Returns the signal that has killed the process, unless we sent it; undefined for a run that has ended or was stopped. */
async function* oneProcess(
  job: FineTuneJob,
  { out, isBegun, ...parts }: RunParts & { readonly out: string; readonly isBegun: boolean },
  signal: AbortSignal,
): AsyncGenerator<FineTuneEvent, NodeJS.Signals | undefined> {
  const options = { ...parts.options, ...(await ownOptions(job, parts)), out };
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [flagName(name), `${value}`],
  );
  const child = start(["train", "--json", ...flags, ...(isBegun ? ["--resume"] : [])], parts);
  const kill = () => void child.kill(signal.reason === "pause" ? "SIGTERM" : "SIGKILL");
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  const ended = once(child, "close");
  ended.catch(() => undefined); // a program that does not start is reported below
  let problems = "";
  child.stderr.on("data", (piece) => {
    problems = `${problems}${piece}`.slice(-4000);
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) yield* eventIn(line);
    const [code, killedBy] = await ended;
    if (code === 0) yield { type: "end" };
    if (code === 0 || signal.aborted) return undefined;
    if (killedBy !== null) return killedBy;
    throw new LowrankError("TRAINING_FAILED", reasonIn(problems));
  } finally {
    signal.removeEventListener("abort", kill);
    if (child.exitCode === null) child.kill("SIGKILL");
    await ended;
    // The lock of a killed process is taken over, and goes.
    await lockOutput(out).then(
      (release) => release(),
      () => undefined,
    );
  }
}

async function stateOf(out: string, signal: AbortSignal): Promise<"new" | "begun" | "finished"> {
  await mkdir(dirname(out), { recursive: true });
  const release = await lockWhenFree(out, signal);
  try {
    await tidyUpTemporaries(dirname(out)); // a killed run may have left its folder under a temporary name
    if (!(await exists(out))) return "new";
    // Only an interrupted run has checkpoints.
    return (await listCheckpoints(out)).length > 0 ? "begun" : "finished";
  } finally {
    await release();
  }
}

/** Waits for the end of a run that outlives its server. */
async function lockWhenFree(out: string, signal: AbortSignal): Promise<() => Promise<void>> {
  for (const end = Date.now() + longestEnd; ; ) {
    try {
      return await lockOutput(out);
    } catch (error) {
      const isInUse = LowrankError.isInstance(error) && error.code === "OUTPUT_IN_USE";
      if (!isInUse || Date.now() > end || signal.aborted) throw error;
      await sleep(200);
    }
  }
}

/** Writes the rows in lowrank's form. Without a validation file all rows are trained, as in OpenAI's API. */
async function ownOptions(job: FineTuneJob, parts: RunParts) {
  const { base } = parts.model;
  const { folder, method, seed, from: adapter, training, validation } = job;
  const { n_epochs: epochs, batch_size: batchSize, learning_rate_multiplier: multiplier, beta } = job.hyperparameters;
  const read = async (path: string, name: string) => {
    const out = join(folder, name);
    return { file: out, rows: (await parts.read({ path, name, out })).rows };
  };
  const { file: data, rows } = await read(training, "training.jsonl");
  const validated = validation === undefined ? undefined : (await read(validation, "validation.jsonl")).file;
  const objective = { supervised: {}, dpo: preferences, reinforcement: rewards }[method];
  const { parameters } = describeModel(base);
  const { learningRate } = runDefaults({ objective, task: base.task, problem: undefined, parameters, rows });
  return omitUndefined({
    ...(await rewardOptions(job, parts)),
    data,
    adapter,
    seed,
    epochs,
    batchSize,
    beta,
    saveEvery: stepsPerCheckpoint,
    ...(validated === undefined ? { validationShare: 0 } : { validation: validated }),
    learningRate: multiplier === undefined ? undefined : multiplier * learningRate,
  });
}

async function rewardOptions({ method, grader = {}, folder, hyperparameters }: FineTuneJob, parts: TunerParts) {
  if (method !== "reinforcement") return {};
  const file = join(folder, "grader.json");
  await writeFileAtomic(file, JSON.stringify(grader), { overwrite: true });
  const { compute_multiplier: factor } = hyperparameters;
  const numGenerations = factor && Math.max(2, Math.round(factor * usualGenerations));
  return { objective: "grpo", reward: registered(grader, parts) ?? `grader:${file}`, numGenerations };
}

/** The new process ends by itself when this one is killed, because nobody reads its output any more. */
function start(argv: readonly string[], parts: TunerParts) {
  const [program, ...first] = parts.command;
  const child = spawn(program, [...first, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that Ctrl-C reaches the server alone, which stops it.
    detached: process.platform !== "win32",
    env: withoutToken(parts),
    windowsHide: true,
  });
  if (child.pid !== undefined) yieldToOthers(child.pid);
  return child;
}

function withoutToken({ environment }: TunerParts): NodeJS.ProcessEnv {
  const { LOWRANK_TOKEN: _, ...env } = environment;
  return env;
}

/** Half of the threads of the server. */
export function threadsForTraining(threads: number = availableParallelism()): number {
  return Math.max(1, Math.floor(threads / 2));
}

/** The event of a line of `lowrank train --json`: docs/json-lines.md. */
function eventIn(line: string): readonly FineTuneEvent[] {
  if (!line.endsWith("}")) return []; // the process was killed
  const { type, step, steps, loss, tokens, secondsLeft, metrics, reason } = JSON.parse(line);
  if (type === "start") return [{ type, step, steps }];
  if (type === "step")
    return [{ type, step, steps, loss, ...omitUndefined({ reward: metrics?.reward }), tokens, secondsLeft }];
  if (type === "evaluation") {
    const { loss = null, accuracy, reward } = metrics;
    return [{ type, step, loss, ...omitUndefined({ accuracy, reward }) }];
  }
  if (type === "restart") return [{ type: "note", message: `${reason}: training restarts with another learning rate` }];
  return [];
}

/** The message of an error on stderr, below progress. */
function reasonIn(text: string): string {
  const at = text.lastIndexOf("error: ");
  return at < 0 ? `The training process has ended: ${text.slice(-500)}` : text.slice(at + "error: ".length).trim();
}
