// Starts the engine once for the process.

import { type ChooseEngineOptions, chooseEngine, type EngineChoice } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { given } from "../given.ts";
import type { EngineOptions } from "./options/shared-options.ts";
import type { Report } from "./terminal/report.ts";

/**
 * Starts the engine that `--engine` names, and no other, or else the best one. What is said on the command line goes
 * before LOWRANK_ENGINE and LOWRANK_THREADS. Warns, in one line, of a setting that could not be used and of an engine
 * slower than native that nobody asked for. Throws NoEngineError.
 */
export async function startEngine(options: EngineOptions, report: Report): Promise<EngineChoice> {
  tf.enableProdMode(); // tfjs advertises its other packages on stdout otherwise
  const choice = await chooseEngine(engineSettings(options, report));
  if (choice.note !== undefined) report.warn({ code: "ENGINE_NOTE", message: choice.note });
  return choice;
}

/** The command line's options as those of the engine package. */
export function engineSettings({ engine, threads }: EngineOptions, report: Report): ChooseEngineOptions {
  const { LOWRANK_ENGINE: _, ...withoutEngine } = report.io.environment;
  return {
    ...(engine === undefined
      ? { environment: report.io.environment }
      : { environment: withoutEngine, prefer: engine, order: [engine] }),
    ...given({ threads }),
  };
}
