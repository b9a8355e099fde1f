// Tries every engine in turn, so that a user can see which ones work on this machine.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type EngineName, engineNames } from "../engines/facts.ts";
import { registerGradients } from "../gradients/register-gradients.ts";
import { explainFailure } from "./explain-failure.ts";
import { type MatMulSpeed, measureMatMul } from "./measure-mat-mul.ts";
import { type ChooseEngineOptions, chooseEngineNames, planEngines } from "./plan-engines.ts";
import { startEngine, useBackend } from "./start-engine.ts";

/** An engine's speed, or the reason why it does not run. */
export type EngineReport =
  | { readonly name: EngineName; readonly runs: true; readonly speed: MatMulSpeed; readonly note?: string }
  | { readonly name: EngineName; readonly runs: false; readonly reason: string; readonly command?: string };

/** Fewer rows than for the other engines, with which plain JavaScript would need seconds. */
const fewRows = [64, 768, 3072] as const;

/**
 * Starts every engine, times a product on each that runs, and leaves TensorFlow.js's backend as it was. Engines stay
 * loaded, so this belongs into a program that reports, not into one that trains.
 *
 * Throws UNKNOWN_ENGINE or ArgumentError for a wrong option.
 *
 * @example
 * ```ts
 * import { compareEngines } from "@lowrank/engine";
 *
 * for (const engine of await compareEngines()) {
 *   console.log(engine.name, engine.runs ? `${engine.speed.gflops} GFLOPS` : engine.reason);
 * }
 * ```
 */
export async function compareEngines(options: ChooseEngineOptions = {}): Promise<readonly EngineReport[]> {
  refuseUnknownOptions("compareEngines", options, chooseEngineNames);
  registerGradients();
  const { settings } = await planEngines(options);
  const before = tf.engine().backendName;
  const reports: EngineReport[] = [];
  for (const name of engineNames) {
    try {
      const { note } = await startEngine(name, { ...settings, isPreferred: false });
      const speed = await measureMatMul(name === "cpu" ? fewRows : undefined);
      reports.push({ name, runs: true, speed, ...(note === undefined ? {} : { note }) });
    } catch (cause) {
      reports.push({ name, runs: false, ...explainFailure(name, cause) });
    }
  }
  if (before) await useBackend(before);
  return reports;
}
