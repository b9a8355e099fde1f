// Starts the engine once for the process and says which one it is.

import "@lowrank/engine/gradients";
import { chooseEngine, type EngineChoice } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { EngineOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";

/** Starts the engine that `--engine` names, or the best one. */
export async function startEngine(options: EngineOptions, report: Report): Promise<EngineChoice> {
  tf.enableProdMode(); // tfjs prints an advertisement on its first tensor otherwise
  const prefer = options.engine;
  return chooseEngine({ environment: report.io.environment, ...(prefer === undefined ? {} : { prefer }) });
}
