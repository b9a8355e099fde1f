// A run that is prepared as `lowrank train` prepares it, and is not kept anywhere.

import type { TrainingRows } from "../../rows/training-rows.ts";
import { withBase } from "../base-for.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import { checkTrainOptions } from "../train/check-options.ts";
import { readLoraConfig } from "../train/lora-config.ts";
import { planTokens } from "../train/plan-tokens.ts";
import { type PreparedRun, prepareRun } from "../train/prepare-run.ts";
import type { TrainOptions } from "../train/train-options.ts";
import { readTrainingRows } from "../train/training-data.ts";

/** No folder: nothing to go on with, and nobody to tell runs apart for. */
export const unkept = { asBegun: {}, identify: async () => "" };

/** A run and the engine that it is for; the caller disposes of its model. `choose` may take fewer rows. */
export async function preparePlan(
  asked: TrainOptions,
  report: Report,
  choose: (rows: TrainingRows) => TrainingRows = (rows) => rows,
): Promise<PreparedRun & { readonly engine: string }> {
  checkTrainOptions(asked);
  const options = await withBase(asked, report);
  const rows = choose(await readTrainingRows(options, report));
  const tokens = await planTokens(options, report);
  const loraConfig = await readLoraConfig(options, report);
  const engine = await startEngine(options, report);
  const run = await prepareRun(options, { rows, tokens, loraConfig, folder: unkept }, report);
  return { ...run, engine: engine.name };
}
