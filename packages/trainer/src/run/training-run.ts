// The state and the operations of one run. `train` calls them, and yields their results as events.

import { BatchStream } from "../batch-stream.ts";
import { NonFiniteLossError } from "../errors.ts";
import { startUpdater } from "../optimizer/start-updater.ts";
import type { Updater } from "../optimizer/updater.ts";
import { learningRateShare } from "../schedules/schedules.ts";
import { bestVariablesOf, type TrainingSettings, type TrainingState } from "../state/training-state.ts";
import type { EvaluationOptions, TrainOptions } from "../train-options.ts";
import type { EvaluationEvent, RestartEvent, SkipEvent, StepEvent } from "../training-event.ts";
import { BestTracker } from "./best-tracker.ts";
import { compareProcesses, numbersOf } from "./compare-processes.ts";
import { RateWatch } from "./rate-watch.ts";
import { resolveSettings, settingsOfRun } from "./resolve-settings.ts";
import { Stopwatch } from "./stopwatch.ts";

/** After how many steps the processes of a training compare their numbers. */
const compareEvery = 100;

/** The state of a run and the steps it can make. */
export class TrainingRun<Batch> {
  readonly stopwatch: Stopwatch;
  #stream: BatchStream<Batch>;
  readonly #updater: Updater;
  #best: BestTracker;
  readonly #watch: RateWatch;
  readonly #version: TrainingState["version"];
  #step: number;
  #owesEvaluation: boolean;
  /** Consecutive skipped steps. */
  #badSteps: number;
  /** The variables of the best evaluation after a step, if the run ends with them (`keepsBest`). */
  #bestVariables: TrainingState["variables"] | undefined;
  /** The step whose variables `restoreBest` has restored. */
  #restoredStep: number | undefined;
  /** Whether the signal of any process is aborted. All then stop after the same step. */
  #stopsWithOthers = false;

  private constructor(
    private readonly options: TrainOptions<Batch>,
    public settings: TrainingSettings,
  ) {
    const state = options.resumeFrom;
    this.stopwatch = new Stopwatch(options.clock ?? (() => performance.now()));
    this.#stream = new BatchStream(options.batches, state?.position);
    this.#updater = startUpdater(options, settings);
    this.#best = new BestTracker(options.evaluate ?? {}, state?.best, state?.evaluationsSinceBest);
    this.#watch = new RateWatch(options.watchRate, state);
    this.#version = state?.version ?? 2;
    this.#step = state?.step ?? 0;
    this.#owesEvaluation = state?.owesEvaluation === true;
    this.#badSteps = state?.badSteps ?? 0;
    if (options.evaluate?.keepsBest === true) this.#bestVariables = state && bestVariablesOf(state);
    if (state !== undefined) this.#restore(state);
  }

  /** Checks the options and the state to resume from; nothing has changed if it throws. */
  static async start<Batch>(options: TrainOptions<Batch>): Promise<TrainingRun<Batch>> {
    const requested = await resolveSettings(options);
    const run = new TrainingRun(options, settingsOfRun(requested, options));
    if (options.resumeFrom === undefined && run.#watch.allowsRestart) run.#watch.start = await run.#copyVariables();
    return run;
  }

  get step(): number {
    return this.#step;
  }

  get isFinished(): boolean {
    return this.#step >= this.settings.steps;
  }

  /** Whether the run's signal stopped an evaluation, which is still due. */
  get owesEvaluation(): boolean {
    return this.#owesEvaluation;
  }

  /** Whether the signal of this process, or of another process of the training, is aborted. */
  get isStopped(): boolean {
    const { signal, reduceGradients } = this.options;
    if (reduceGradients === undefined) return signal?.aborted === true;
    return this.#stopsWithOthers || this.#owesEvaluation;
  }

  get best(): BestTracker {
    return this.#best;
  }

  /** The step after which the variables had their current values. */
  get variablesStep(): number {
    return this.#restoredStep ?? this.#step;
  }

  /** Restores the variables of the best evaluation, with `keepsBest`. No step may follow. */
  restoreBest(): void {
    if (this.#bestVariables === undefined) return;
    this.#updater.restoreValues(this.#bestVariables);
    this.#restoredStep = this.#best.best?.step;
  }

  /** Makes or skips one optimizer step; undefined if the run's signal stopped its batches. If it throws, the variables are unchanged. */
  async makeStep(): Promise<StepEvent | SkipEvent | undefined> {
    const startedAt = this.stopwatch.seconds;
    const batches = await unlessStopped(this.options, () => this.#stream.window(this.settings.accumulate));
    if (batches === undefined) return undefined;
    const tokens = await this.#differentiate(batches);
    const { clipNorm, steps } = this.settings;
    const learningRate = this.#learningRate();
    const { loss, gradientNorm } = await this.#updater.update({ learningRate, clipNorm });
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return this.#skipStep(loss, gradientNorm);
    this.#badSteps = 0;
    this.#step += 1;
    this.#watch.add(loss, gradientNorm);
    if (this.#step % compareEvery === 0) await this.compareProcesses();
    const metrics = this.options.stepMetrics?.(batches);
    return {
      type: "step",
      step: this.#step,
      steps,
      epoch: this.#stream.position.epoch,
      loss,
      learningRate,
      gradientNorm,
      tokens,
      ...this.stopwatch.step(startedAt, tokens, steps - this.#step),
      ...(metrics === undefined ? {} : { metrics }),
    };
  }

  /** Restarts the run with another learning rate if its own does not suit, or warns. */
  async reconsiderRate(): Promise<RestartEvent | undefined> {
    const verdict = this.#watch.judge(this.settings.warmupSteps);
    if (verdict === undefined) return undefined;
    const { learningRate: learningRateBefore, steps } = this.settings;
    const { reason } = verdict;
    const learningRate = learningRateBefore * verdict.factor;
    const start = this.#watch.restart({ step: this.#step, reason, learningRateBefore, learningRate });
    if (start === undefined) {
      const size = verdict.factor < 1 ? "high" : "low";
      const message = `The learning rate ${learningRateBefore} is probably too ${size}: ${reason}. Try ${learningRate}.`;
      this.options.onWarning?.({ code: "LEARNING_RATE_UNSUITABLE", message });
      return undefined;
    }
    this.settings = { ...this.settings, learningRate };
    this.#updater.restoreValues(start);
    this.#updater.restoreMoments(new Map());
    await this.#stream.close();
    this.#stream = new BatchStream(this.options.batches);
    this.#best = new BestTracker(this.options.evaluate ?? {});
    this.#bestVariables = undefined;
    const { step } = this;
    this.#step = 0;
    this.#badSteps = 0;
    return { type: "restart", step, steps, reason, learningRateBefore, learningRate };
  }

  /** Throws PROCESSES_DIFFER if the processes of the training have different numbers. */
  async compareProcesses(): Promise<void> {
    const { reduceGradients } = this.options;
    if (reduceGradients === undefined) return;
    const values = await this.#updater.readValues();
    const means = this.#updater.means?.() ?? [];
    await compareProcesses(reduceGradients, this.#step, [
      { name: "settings", values: [numbersOf(JSON.stringify(this.settings))] },
      ...this.#updater.layout.ranges.map(({ name, start, end }, index) => {
        return { name, values: [values.subarray(start, end), ...(means[index] ?? [])] };
      }),
    ]);
  }

  /** Runs the caller's evaluation; undefined if the run's signal stopped it. */
  async evaluate(evaluation: EvaluationOptions): Promise<EvaluationEvent | undefined> {
    this.#owesEvaluation = true;
    const metrics = await unlessStopped(this.options, (signal) => evaluation.run(signal));
    if (metrics === undefined) return undefined;
    this.#owesEvaluation = false;
    const judged = this.#best.add(this.#step, metrics);
    if (judged.isBest && evaluation.keepsBest === true && this.#step > 0)
      this.#bestVariables = await this.#copyVariables();
    return { type: "evaluation", step: this.#step, metrics, ...judged };
  }

  /** A copy of the state that the rest of the run depends on. */
  async captureState(): Promise<TrainingState> {
    const { best, evaluationsSinceBest } = this.#best;
    const batchState = this.options.batchState?.();
    return {
      version: this.#version,
      step: this.#step,
      position: this.#stream.position,
      ...(batchState === undefined ? {} : { batchState }),
      settings: this.settings,
      variables: await this.#copyVariables(),
      moments: await this.#updater.captureMoments(),
      evaluationsSinceBest,
      ...(best === undefined ? {} : { best }),
      ...(this.#bestVariables === undefined || best?.step === this.#step ? {} : { bestVariables: this.#bestVariables }),
      ...(this.#badSteps === 0 ? {} : { badSteps: this.#badSteps }),
      ...(this.#owesEvaluation ? { owesEvaluation: true } : {}),
      ...this.#watch.state,
      ...(this.options.fingerprint === undefined ? {} : { fingerprint: this.options.fingerprint }),
    };
  }

  close(): Promise<void> {
    this.#updater.dispose();
    return this.#stream.close();
  }

  async #copyVariables(): Promise<TrainingState["variables"]> {
    const values = await this.#updater.readValues();
    const variables = this.#updater.layout.ranges.map(({ name, variable, start, end }) => {
      return [name, { shape: [...variable.shape], values: values.slice(start, end) }] as const;
    });
    return new Map(variables);
  }

  #restore(state: TrainingState): void {
    this.#updater.restoreValues(state.variables);
    this.#updater.restoreMoments(state.moments);
  }

  /** Computes the losses and gradients of a step; returns its tokens. */
  async #differentiate(batches: readonly Batch[]): Promise<number | undefined> {
    const { seed, weightByTokens } = this.settings;
    const { reduceGradients, signal } = this.options;
    const { rank, size } = reduceGradients ?? { rank: 0, size: 1 };
    this.#updater.begin();
    let tokens: number | undefined;
    const { parts = (batch: Batch) => [batch] } = this.options;
    for (const [index, batch] of batches.flatMap((each) => parts(each)).entries()) {
      const counts = this.options.batchSize?.(batch);
      if (counts !== undefined) tokens = (tokens ?? 0) + counts.tokens;
      const microStep = index * size + rank;
      const key = { seed, step: this.#step, microStep, ...(this.#version === 1 ? { oldMasks: true } : {}) };
      const weight = weightByTokens || reduceGradients !== undefined ? (counts?.supervised ?? 1) : 1;
      if (reduceGradients !== undefined && weight === 0) continue;
      if (counts?.isEmpty === true) this.#updater.skip(weight);
      else await this.#updater.add({ loss: () => this.options.loss(batch, key), weight });
    }
    if (reduceGradients === undefined) return tokens;
    const stop = signal?.aborted === true ? 1 : 0;
    const [allTokens, stops = 0] = (await this.#updater.reduce?.(reduceGradients, [tokens ?? 0, stop])) ?? [];
    this.#stopsWithOthers = stops !== 0;
    return allTokens;
  }

  /** Skips a step with NaN or infinite numbers; throws NonFiniteLossError after too many consecutive ones. */
  async #skipStep(loss: number, gradientNorm: number): Promise<SkipEvent> {
    const step = this.#step + 1;
    const isOfLoss = !Number.isFinite(loss);
    const what = isOfLoss ? "loss" : "gradient";
    const [value, names] = isOfLoss ? [loss, []] : [gradientNorm, await this.#updater.nonFinite()];
    if (this.#badSteps >= (this.options.maxSkippedSteps ?? 0)) {
      // Before the first update, the learning rate cannot be the cause.
      if (this.#step === 0 || !this.#watch.canRestart) throw new NonFiniteLossError(step, what, value, names);
      this.#watch.add(Number.NaN, Number.NaN);
    }
    this.#step = step;
    this.#badSteps += 1;
    return { type: "skip", step, steps: this.settings.steps, what, value, names, inARow: this.#badSteps };
  }

  #learningRate(): number {
    const { learningRate, schedule, scheduleShape: shape, warmupSteps, steps } = this.settings;
    return learningRate * learningRateShare(schedule, { step: this.#step, warmupSteps, totalSteps: steps, shape });
  }
}

/** The result of `work`; undefined if it throws the reason of the aborted signal. */
async function unlessStopped<Result>(
  { signal }: Pick<TrainOptions<unknown>, "signal">,
  work: (signal: AbortSignal | undefined) => Result | Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work(signal);
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return undefined;
    throw error;
  }
}
