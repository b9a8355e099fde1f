// Starts the engine once for the process.

import { chooseEngine, type EngineChoice } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";

/** Starts the engine that `--engine` names, and no other, or else the best one. Throws NoEngineError. */
export async function startEngine(options: EngineOptions, report: Report): Promise<EngineChoice> {
  tf.enableProdMode(); // tfjs advertises its other packages on stdout otherwise
  const { engine } = options;
  const order = engine === undefined ? {} : { prefer: engine, order: [engine] };
  const choice = await chooseEngine({ environment: report.io.environment, ...order });
  if (choice.note !== undefined) report.warn({ code: "ENGINE_NOTE", message: choice.note });
  return choice;
}
