// Starts the engine once for the process.

import { chooseEngine } from "@lowrank/engine";
import type { ChosenEngine } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { nodePlatform } from "../node/node-platform.ts";
import { type OpeningRequest, openOn } from "../open-on.ts";
import type { OpenedModel } from "../opened-model.ts";
import { engineSettings } from "../recipe/run/engine-settings.ts";
import type { RunHost } from "../recipe/run/prepare-run.ts";
import { sourceContext } from "./open-model.ts";
import type { EngineOptions } from "./options/shared-options.ts";
import type { Report } from "./terminal/report.ts";

/** Starts the engine of --engine, or the best one. Flags have precedence over LOWRANK_ENGINE and LOWRANK_THREADS. Throws NO_ENGINE. */
export async function startEngine(options: EngineOptions, report: Report): Promise<ChosenEngine> {
  tf.enableProdMode(); // tfjs advertises its other packages on stdout otherwise
  const choice = await chooseEngine(engineSettings(options, report.io.environment));
  if (choice.note !== undefined) report.warn({ code: "ENGINE_NOTE", message: choice.note });
  return choice;
}

/** The host of a run: prints which weights are trained, and which engine was started. */
export function engineHost(options: EngineOptions, report: Report): RunHost {
  return {
    context: sourceContext(report),
    print: report.print,
    startEngine: async () => {
      const { name } = await startEngine(options, report);
      report.print(`engine ${name}`);
      return name;
    },
  };
}

type Opening = EngineOptions &
  Pick<OpeningRequest, "adapter" | "allowDifferentBase" | "basePrecision" | "task" | "mayKeepClassifier"> & {
    readonly model: string;
  };

/** Starts the engine and opens the model, for as long as it is used. */
export async function withOpenModel(
  options: Opening,
  report: Report,
  use: (model: OpenedModel, engine: string) => Promise<void>,
): Promise<void> {
  const { name } = await startEngine(options, report);
  const { model: path, adapter, allowDifferentBase, basePrecision, task, mayKeepClassifier } = options;
  const request = { model: path, adapter, allowDifferentBase, basePrecision, task, mayKeepClassifier };
  const model = await openOn(nodePlatform, request, sourceContext(report));
  try {
    await use(model, name);
  } finally {
    model.dispose();
  }
}
