// Picks the best engine that starts here, and records why the others were skipped.

import { refuseUnknownOptions } from "@lowrank/contracts";
import { backends } from "../engines/backends.ts";
import { type EngineName, engineFacts } from "../engines/facts.ts";
import type { StartOutcome } from "../engines/start-options.ts";
import { NoEngineError } from "../errors.ts";
import { registerGradients } from "../gradients/register-gradients.ts";
import { explainFailure, type SkippedEngine, sentenceOf } from "./explain-failure.ts";
import { type MatMulSpeed, measureMatMul } from "./measure-mat-mul.ts";
import { type ChooseEngineOptions, chooseEngineNames, type EnginePlan, planEngines } from "./plan-engines.ts";
import { startEngine, useBackend } from "./start-engine.ts";

/** The engine that runs from now on. */
export interface ChosenEngine {
  readonly name: EngineName;
  /** The name of its TensorFlow.js backend. */
  readonly backend: string;
  /** Engines that were tried, with the reason against each and the command that would enable it. */
  readonly skipped: readonly SkippedEngine[];
  /** Sentences that a user should read: a setting that could not be used, an engine slower than hoped. */
  readonly note?: string;
}

/**
 * Starts the best engine that works and makes it TensorFlow.js's backend; also registers gradients and patches kernels.
 *
 * In Node it tries tfjs-node-gpu, native, tfjs-node, wasm and cpu, and times a product to choose between native and
 * tfjs-node if both are installed; in a browser webgpu, wasm, webgl and cpu. The environment variable LOWRANK_ENGINE
 * selects a single engine, LOWRANK_THREADS the number of threads, LOWRANK_TFJS_NODE the folder where tfjs-node is
 * installed, LOWRANK_ONNX_RUNTIME native's library; a wrong one is skipped, and reported in `note` or `skipped`.
 *
 * Throws UnknownEngineError or ArgumentError for a wrong option, NoEngineError if no engine works.
 *
 * @example
 * ```ts
 * import { chooseEngine } from "@lowrank/engine";
 *
 * const { name, skipped } = await chooseEngine({ order: ["wasm", "cpu"] });
 * console.assert(name === "wasm" || skipped[0]?.name === "wasm");
 * ```
 */
export async function chooseEngine(options: ChooseEngineOptions = {}): Promise<ChosenEngine> {
  refuseUnknownOptions("chooseEngine", options, chooseEngineNames);
  registerGradients();
  const plan = await planEngines(options);
  const skipped: SkippedEngine[] = [];
  for (const row of plan.order) {
    const started = await startRow(row, plan, skipped);
    const [first, ...others] = started;
    if (first === undefined) continue;
    const { name, outcome } = others.length === 0 ? first : await takeFastest(started, skipped);
    const sentences = [...plan.notes, outcome.note, explainSlowEngine(name, skipped)];
    const notes = sentences.filter((sentence) => sentence !== undefined);
    const note = notes.length === 0 ? {} : { note: notes.join(" ") };
    return { name, backend: outcome.backend, skipped, ...note };
  }
  throw new NoEngineError(skipped.map(({ name, ...failure }) => ({ name, reason: sentenceOf(failure) })));
}

interface Started {
  readonly name: EngineName;
  readonly outcome: StartOutcome;
}

async function startRow(
  row: readonly EngineName[],
  plan: EnginePlan,
  skipped: SkippedEngine[],
): Promise<readonly Started[]> {
  const started: Started[] = [];
  for (const name of row) {
    try {
      const options = { ...plan.settings, isPreferred: name === plan.preferred };
      started.push({ name, outcome: await startEngine(name, options) });
    } catch (cause) {
      skipped.push({ name, ...explainFailure(name, cause) });
    }
  }
  return started;
}

/** Times a product on each engine and switches to the fastest. */
async function takeFastest(started: readonly Started[], skipped: SkippedEngine[]): Promise<Started> {
  const timed: (Started & { readonly speed: MatMulSpeed })[] = [];
  for (const each of started) {
    await useBackend(each.outcome.backend);
    timed.push({ ...each, speed: await measureMatMul() });
  }
  const [first, ...others] = timed;
  if (first === undefined) throw new NoEngineError(skipped);
  const picked = pickFastest(first, others);
  await useBackend(picked.fastest.outcome.backend);
  skipped.push(...picked.skipped);
  return picked.fastest;
}

// A user who gets a slow engine without choosing it reads one note, with the command that installs the faster engine.

/**
 * Which engine runs, why the faster one does not, and the command to run, which comes last so that it can be copied.
 * Undefined if that was not tried, because the user named the engine, or if another library is as fast.
 */
export function explainSlowEngine(name: EngineName, skipped: readonly SkippedEngine[]): string | undefined {
  const { slowerThan = [] } = engineFacts[name];
  const faster = skipped.find((each) => slowerThan.includes(each.name) && couldRun(each));
  if (faster === undefined) return undefined;
  const { reason, command } = faster;
  const sentence = `The engine is ${name}, slower than ${faster.name}, which was skipped: ${reason}.`;
  return command === undefined ? sentence : `${sentence} Run: ${command}`;
}

/** A missing GPU cannot be installed. A missing package can. */
function couldRun({ name, command }: SkippedEngine): boolean {
  return command !== undefined || backends[engineFacts[name].backend]?.memory === "process";
}

/** An engine that runs, and how fast. */
interface TimedEngine {
  readonly name: EngineName;
  readonly speed: MatMulSpeed;
}

/** A later engine must be this much faster than an earlier one, which needs less memory: timings vary from run to run. */
const clearlyFaster = 1.1;

/** The engine to take, and for each other one the two speeds that speak against it. */
export function pickFastest<T extends TimedEngine>(
  first: T,
  others: readonly T[],
): { readonly fastest: T; readonly skipped: readonly SkippedEngine[] } {
  const fastest = others.reduce(
    (best, each) => (each.speed.gflops > best.speed.gflops * clearlyFaster ? each : best),
    first,
  );
  const slower = [first, ...others].filter((each) => each !== fastest);
  return { fastest, skipped: slower.map((each) => ({ name: each.name, reason: comparison(each, fastest) })) };
}

function comparison({ speed: { shape, gflops } }: TimedEngine, fastest: TimedEngine): string {
  const closeness = gflops > fastest.speed.gflops ? ", not a clear difference" : "";
  return `it runs, but multiplies ${shape.join(" × ")} at ${gflops.toFixed(0)} GFLOPS and ${fastest.name} at ${fastest.speed.gflops.toFixed(0)}${closeness}`;
}
