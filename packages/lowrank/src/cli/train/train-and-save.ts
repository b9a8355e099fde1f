// The loop with what it leaves in --out: as often as --save-every says, at the end, after Ctrl-C, and when it diverges.

import { NonFiniteLossError, type TrainingState } from "@lowrank/trainer";
import { DivergedError, NonFiniteModelError } from "../../errors/run-errors.ts";
import { earlierMetrics } from "../../node/run/metrics-file.ts";
import { type RunResult, saveRun } from "../../node/run/save-run.ts";
import { brokenAdapterWeight, brokenBaseWeight } from "../../open/broken-weights.ts";
import type { Report } from "../terminal/report.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { type LoopResult, trainAdapter } from "./train-adapter.ts";
import type { TrainOptions } from "./train-options.ts";

/** What the run was asked. */
export interface RunContext {
  readonly options: TrainOptions;
  readonly resumeFrom: TrainingState | undefined;
  readonly report: Report;
}

/** How the run ended, and what is in --out. */
export interface SavedResult extends LoopResult {
  /** After which step the adapter is; undefined: nothing was written. */
  readonly savedStep: number | undefined;
  /** Of a finished run: an earlier adapter with the lowest validation loss of all. */
  readonly bestCheckpoint: { readonly step: number; readonly loss: number; readonly path: string } | undefined;
}

/** Trains and writes --out. Throws DivergedError where a loss is not finite, the last finite adapter kept; NonFiniteModelError where the base's are to blame. */
export async function trainAndSave(
  run: PreparedRun,
  { options, resumeFrom, report }: RunContext,
): Promise<SavedResult> {
  const { out } = options;
  const { training: plan, adapter } = run;
  const { train: rows } = plan;
  const template = plan.template === "" ? "" : `, written with the template "${plan.template}"`;
  report.say(`${rows.length} rows${template}; steps: ${plan.totalSteps}, ${plan.stepsPerEpoch} an epoch`);
  const metrics = resumeFrom === undefined ? [] : await earlierMetrics(out, resumeFrom.step);
  let savedStep = resumeFrom?.step;
  let isOwn = options.resume === true;
  const kept = () => ({ out, savedStep, hasCheckpoint: savedStep !== undefined });
  const write = async (stepsDone: number, { state, bestStep }: Pick<RunResult, "state" | "bestStep">) => {
    const weight = await brokenAdapterWeight(adapter);
    if (weight !== undefined) throw new DivergedError({ step: stepsDone, weight }, kept());
    const result = { files: await adapter.files({ stepsDone }), metrics, stepsDone, bestStep, state };
    const { keepCheckpoints } = options;
    const path = await saveRun(out, result, { overwrite: isOwn || options.overwrite === true, isOwn, keepCheckpoints });
    isOwn = true;
    savedStep = stepsDone;
    return path;
  };
  let bestCheckpoint: SavedResult["bestCheckpoint"];
  const save = async (state: TrainingState) => {
    const { step, best } = state;
    const path = await write(step, { state: step < plan.totalSteps ? state : undefined, bestStep: best?.step });
    if (path !== undefined && best !== undefined) bestCheckpoint = { step: best.step, loss: best.value, path };
  };
  const interrupt = new AbortController();
  const stopListening = report.io.onInterrupt(() => {
    report.note("\nfinishing this step, then saving (Ctrl-C again stops at once)");
    interrupt.abort();
  });
  try {
    const { signal } = interrupt;
    const result = await trainAdapter(run, { options, plan, report, signal, resumeFrom, metrics, save });
    return { ...result, savedStep, bestCheckpoint };
  } catch (error) {
    if (!(error instanceof NonFiniteLossError)) throw error;
    const { hasCheckpoint } = kept();
    const lastStep = error.step - 1;
    // A checkpoint is worth more than a later adapter without the optimiser's state.
    if (!hasCheckpoint && lastStep > 0) await write(lastStep, { state: undefined, bestStep: undefined });
    const left = { ...kept(), hasCheckpoint };
    const weight = await brokenBaseWeight(run.model.opened);
    throw weight === undefined
      ? new DivergedError(error, left)
      : new NonFiniteModelError(error, { weight, kept: left });
  } finally {
    stopListening();
  }
}
