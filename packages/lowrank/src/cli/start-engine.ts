// Starts the engine once for the process, and hears what a run will train.

import { chooseEngine, type EngineChoice } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { nodePlatform } from "../node/node-platform.ts";
import { type OpeningRequest, openOn } from "../open-on.ts";
import type { OpenedModel } from "../opened-model.ts";
import { engineSettings } from "../recipe/run/engine-settings.ts";
import type { RunHost } from "../recipe/run/prepare-run.ts";
import { sourceContext } from "./open-model.ts";
import type { EngineOptions } from "./options/shared-options.ts";
import type { Report } from "./terminal/report.ts";

/** Starts what --engine names, else the best engine; flags go before LOWRANK_ENGINE and LOWRANK_THREADS. Throws NoEngineError. */
export async function startEngine(options: EngineOptions, report: Report): Promise<EngineChoice> {
  tf.enableProdMode(); // tfjs advertises its other packages on stdout otherwise
  const choice = await chooseEngine(engineSettings(options, report.io.environment));
  if (choice.note !== undefined) report.warn({ code: "ENGINE_NOTE", message: choice.note });
  return choice;
}

/** The command line as a run's host: says on the terminal what will be trained, and which engine started. */
export function engineHost(options: EngineOptions, report: Report): RunHost {
  return {
    context: sourceContext(report),
    say: report.say,
    startEngine: async () => {
      const { name } = await startEngine(options, report);
      report.say(`engine ${name}`);
      return name;
    },
  };
}

type Opening = EngineOptions &
  Pick<OpeningRequest, "adapter" | "allowDifferentBase" | "basePrecision" | "task" | "mayJudgePairs"> & {
    readonly model: string;
  };

/** Starts the engine and opens the model, for as long as it is used. */
export async function whileOpen(
  options: Opening,
  report: Report,
  use: (model: OpenedModel, engine: string) => Promise<void>,
): Promise<void> {
  const { name } = await startEngine(options, report);
  const { model: path, adapter, allowDifferentBase, basePrecision, task, mayJudgePairs } = options;
  const request = { model: path, adapter, allowDifferentBase, basePrecision, task, mayJudgePairs };
  const model = await openOn(nodePlatform, request, sourceContext(report));
  try {
    await use(model, name);
  } finally {
    model.dispose();
  }
}
