// A run that is prepared as `lowrank train` prepares it, and is not kept anywhere.

import type { TrainingRows } from "../../objectives/training-rows.ts";
import { checkChoices } from "../../recipe/run/check-choices.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { prepareChoices } from "../../recipe/run/recipe-run.ts";
import { withBase } from "../base-for.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import { engineHost } from "../train/engine-host.ts";
import type { TrainOptions } from "../train/train-options.ts";

/** No folder: nothing to go on with, and nobody to tell runs apart for. */
export const unkept = { asBegun: { options: {}, adapter: {} }, identify: async () => "" };

/** A run and the engine that it is for; the caller disposes of its model. `choose` may take fewer rows. */
export async function preparePlan(
  asked: TrainOptions,
  report: Report,
  choose: (rows: TrainingRows) => TrainingRows = (rows) => rows,
): Promise<PreparedRun & { readonly engine: string }> {
  checkChoices(asked);
  const options = await withBase(asked, report);
  const startQuietly = async () => (await startEngine(options, report)).name;
  const host = { ...engineHost(options, report), startEngine: startQuietly };
  return prepareChoices(options, { ...unkept, choose }, host);
}
