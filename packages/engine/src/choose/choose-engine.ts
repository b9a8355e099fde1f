// Picks the best engine that starts here, and records why the others were skipped.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { EngineName } from "../engines/facts.ts";
import type { StartOutcome } from "../engines/start-options.ts";
import { noEngineError } from "../errors.ts";
import { registerGradients } from "../gradients/register-gradients.ts";
import { explainFailure, type SkippedEngine, sentenceOf } from "./explain-failure.ts";
import { explainSlowEngine } from "./explain-slow-engine.ts";
import { type MatMulSpeed, measureMatMul } from "./measure-mat-mul.ts";
import { pickFastest } from "./pick-fastest.ts";
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
 * Throws UNKNOWN_ENGINE or ArgumentError for a wrong option, NO_ENGINE if no engine works.
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
  throw noEngineError(skipped.map(({ name, ...failure }) => ({ name, reason: sentenceOf(failure) })));
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
  if (first === undefined) throw noEngineError(skipped);
  const picked = pickFastest(first, others);
  await useBackend(picked.fastest.outcome.backend);
  skipped.push(...picked.skipped);
  return picked.fastest;
}
