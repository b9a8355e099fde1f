// The folder of a run on disk: locked before any work, written at intervals, unlocked at the end.

import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { NonFiniteLossError, type TrainingEvent, type TrainingState } from "@lowrank/trainer";
import { latestCheckpoint } from "@lowrank/trainer/node";
import { DivergedError, NonFiniteModelError, nothingToResume, rewardFailedIn } from "../../errors/run-errors.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { brokenAdapterWeight, brokenBaseWeight } from "../../open/broken-weights.ts";
import type { BaseFiles, BestCheckpoint, RunFacts, RunFolder, RunRequest, RunToKeep } from "../../run-folder.ts";
import { exists } from "../exists.ts";
import { claimOutput } from "../output/check-output.ts";
import type { OnWait } from "../output/lock-output.ts";
import { EventLog } from "./event-file.ts";
import { openFolderOfMany } from "./folder-of-many.ts";
import { earlierMetrics, metricsLines, restartLines } from "./metrics-file.ts";
import { checkSameRun, identityOf, notedRun } from "./run-fingerprint.ts";
import { saveRun } from "./save-run.ts";

/** Locks a folder for a run, and reads the state to resume from. Throws the errors of `claimOutput`, and NOTHING_TO_RESUME. */
export async function openRunFolder(out: string, request: RunRequest): Promise<RunFolder> {
  const { communicator } = request;
  if (communicator !== undefined) return openFolderOfMany(communicator, () => openDiskFolder(out, request));
  return openDiskFolder(out, request);
}

async function openDiskFolder(out: string, request: RunRequest): Promise<RunFolder> {
  const { overwrite = false, resume = false, inputs, onWarning } = request;
  const onWait: OnWait = ({ pid, host }, { seconds }) =>
    onWarning?.({
      code: "OUTPUT_HELD_ELSEWHERE",
      message: `Process ${pid} on ${host} has locked "${out}" but may have ended. Waiting up to ${seconds} s to see whether it still runs.`,
    });
  const waiting = resume ? { onWait } : {};
  const release = await claimOutput(out, { kind: "folder", overwrite, resume, inputs, ...waiting });
  try {
    const resumeFrom = resume ? await stateIn(out, { onWarning }) : undefined;
    return new DiskRunFolder(out, { resumeFrom, overwrite, release });
  } catch (error) {
    await release();
    throw error;
  }
}

async function stateIn(out: string, listening: Pick<RunRequest, "onWarning">): Promise<TrainingState> {
  const checkpoint = await latestCheckpoint(out, omitUndefined(listening));
  if (checkpoint === undefined) throw nothingToResume(out, await exists(join(out, "adapter_config.json")));
  return checkpoint.state;
}

interface ClaimedFolder {
  readonly resumeFrom: TrainingState | undefined;
  readonly overwrite: boolean;
  release(): Promise<void>;
}

class DiskRunFolder implements RunFolder {
  readonly resumeFrom: TrainingState | undefined;
  readonly release: () => Promise<void>;
  readonly #out: string;
  readonly #overwrite: boolean;
  /** Whether the folder's content is this run's earlier work. */
  #isOwn: boolean;
  #savedStep: number | undefined;
  #events: EventLog | undefined;
  #bestCheckpoint: BestCheckpoint | undefined;

  constructor(out: string, { resumeFrom, overwrite, release }: ClaimedFolder) {
    this.#out = out;
    this.#overwrite = overwrite;
    this.resumeFrom = resumeFrom;
    this.release = release;
    this.#isOwn = resumeFrom !== undefined;
    this.#savedStep = resumeFrom?.step;
  }

  get initial(): RunFolder["initial"] {
    return notedRun(this.resumeFrom);
  }

  get savedStep(): number | undefined {
    return this.#savedStep;
  }

  get bestCheckpoint(): BestCheckpoint | undefined {
    return this.#bestCheckpoint;
  }

  async identify(facts: RunFacts, base: BaseFiles): Promise<string> {
    const fingerprint = await identityOf(facts, base, this.resumeFrom?.fingerprint);
    if (this.resumeFrom !== undefined) checkSameRun(this.resumeFrom.fingerprint, fingerprint);
    return fingerprint;
  }

  async *keep(run: RunToKeep): AsyncGenerator<TrainingEvent, void, undefined> {
    const { fingerprint, totalSteps, saveEvery, keepCheckpoints: keep } = run;
    const { resumeFrom } = this;
    if (run.tensorBoard === true) this.#events = new EventLog();
    const metrics = resumeFrom === undefined ? [] : await earlierMetrics(this.#out, resumeFrom.step);
    const save = async (state: TrainingState) => {
      const { step, best, evaluationsSinceBest } = state;
      const isOver = step >= totalSteps || evaluationsSinceBest >= (run.patience ?? Number.POSITIVE_INFINITY);
      const holdsBest = isOver && state.bestVariables !== undefined;
      const path = await this.#write(run, {
        stepsDone: step,
        isOver,
        adapterStep: holdsBest ? (best?.step ?? step) : step,
        state: isOver ? undefined : state,
        bestStep: holdsBest ? undefined : best?.step,
        metrics,
      });
      const bestPath = holdsBest ? this.#out : path;
      if (bestPath !== undefined && best !== undefined) this.#bestCheckpoint = { ...best, path: bestPath };
    };
    const checkpoint = { every: saveEvery ?? totalSteps, atBest: keep?.best ?? saveEvery !== undefined, save };
    try {
      for await (const event of run.loop({ fingerprint, resumeFrom, checkpoint })) {
        if (event.type === "restart") {
          metrics.splice(0, metrics.length, ...restartLines(metrics));
          if (this.#events !== undefined) this.#events = new EventLog();
        }
        metrics.push(...metricsLines(event));
        this.#events?.add(event);
        yield event;
      }
    } catch (error) {
      if (LowrankError.isInstance(error) && error.code === "REWARD_FAILED") throw rewardFailedIn(this.#saved(), error);
      if (!(error instanceof NonFiniteLossError)) throw error;
      const { hasCheckpoint } = this.#saved();
      const stepsDone = error.step - 1;
      // A checkpoint is more useful than a later adapter without the optimizer's state.
      if (!hasCheckpoint && stepsDone > 0) {
        const done = { stepsDone, isOver: false, adapterStep: stepsDone };
        await this.#write(run, { ...done, state: undefined, bestStep: undefined, metrics });
      }
      const saved = { ...this.#saved(), hasCheckpoint };
      const weight = await brokenBaseWeight(run.base);
      throw weight === undefined ? new DivergedError(error, saved) : new NonFiniteModelError(error, { weight, saved });
    }
  }

  #saved() {
    const savedStep = this.#savedStep;
    return { out: this.#out, savedStep, hasCheckpoint: savedStep !== undefined };
  }

  /** Returns the path of the best checkpoint, as `saveRun`. */
  async #write(
    { adapter, keepCheckpoints: keep, report }: RunToKeep,
    saved: {
      readonly stepsDone: number;
      readonly isOver: boolean;
      readonly adapterStep: number;
      readonly state: TrainingState | undefined;
      readonly bestStep: number | undefined;
      readonly metrics: readonly string[];
    },
  ): Promise<string | undefined> {
    const { stepsDone, isOver, adapterStep } = saved;
    const weight = await brokenAdapterWeight(adapter.opened);
    if (weight !== undefined) throw new DivergedError({ step: stepsDone, weight }, this.#saved());
    const isOwn = this.#isOwn;
    const events = this.#events;
    const records = new Map<string, string | Uint8Array>(events === undefined ? [] : [[events.name, events.bytes()]]);
    if (report !== undefined) {
      const at = { metrics: saved.metrics, stepsDone, isOver, adapterStep, machine: machineFacts() };
      records.set("report.html", await report(at));
    }
    const result = { ...saved, records, files: await adapter.files({ stepsDone, isOver, adapterStep }) };
    const path = await saveRun(this.#out, result, { overwrite: isOwn || this.#overwrite, isOwn, keep });
    this.#isOwn = true;
    this.#savedStep = stepsDone;
    return path;
  }
}

function machineFacts(): readonly (readonly [name: string, value: string])[] {
  const [processor] = cpus();
  return [
    ["Node", process.version],
    ["processor", `${processor?.model ?? "unknown"}, ${availableParallelism()} threads`],
    [
      "memory",
      `${(totalmem() / 1e9).toFixed(1)} GB, ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB taken at most`,
    ],
    ["system", `${process.platform} ${process.arch} ${release()}`],
  ];
}
