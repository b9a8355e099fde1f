// One run's moving parts: `train` drives them and turns what they say into events.

import { AdamW } from "./adamw.ts";
import { BatchStream } from "./batch-stream.ts";
import { BestTracker } from "./best-tracker.ts";
import { clipFactor, globalNorm, scaleGradients } from "./clip-gradients.ts";
import { NonFiniteLossError } from "./errors.ts";
import { GradientWindow, type WindowResult } from "./gradient-window.ts";
import { HostParameters } from "./host-parameters.ts";
import { learningRateFactor } from "./learning-rate-groups.ts";
import { learningRateShare } from "./schedules/schedules.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { TrainOptions } from "./train-options.ts";
import type { EvaluationEvent, StepEvent } from "./training-event.ts";
import { resolveSettings, type TrainingSettings } from "./training-settings.ts";
import { changedSettings, checkState, type TrainingState } from "./training-state.ts";

/** The state of a run and the steps it can make. */
export class TrainingRun<Batch> {
  readonly stopwatch: Stopwatch;
  readonly #stream: BatchStream<Batch>;
  readonly #parameters: HostParameters;
  readonly #optimizer: AdamW;
  readonly #best: BestTracker;
  #step: number;

  private constructor(
    private readonly options: TrainOptions<Batch>,
    readonly settings: TrainingSettings,
  ) {
    const state = options.resumeFrom;
    this.stopwatch = new Stopwatch(options.clock ?? (() => performance.now()));
    this.#stream = new BatchStream(options.batches, state?.position);
    this.#parameters = new HostParameters(options.variables);
    this.#optimizer = new AdamW(settings);
    this.#best = new BestTracker(options.evaluate ?? {}, state?.best, state?.evaluationsSinceBest);
    this.#step = state?.step ?? 0;
    if (state !== undefined) this.#restore(state);
  }

  /** Checks the options and the state to go on from; nothing has changed if it throws. */
  static async start<Batch>(options: TrainOptions<Batch>): Promise<TrainingRun<Batch>> {
    const settings = await resolveSettings(options);
    const { resumeFrom, variables, fingerprint } = options;
    if (resumeFrom !== undefined) {
      checkState(resumeFrom, { variables, settings, ...(fingerprint === undefined ? {} : { fingerprint }) });
      const changed = changedSettings(resumeFrom.settings, settings);
      if (changed.length > 0) {
        const message = `The resumed run has other settings than before: ${changed.join("; ")}.`;
        options.onWarning?.({ code: "RESUMED_WITH_OTHER_SETTINGS", message });
      }
    }
    return new TrainingRun(options, settings);
  }

  /** Steps made. */
  get step(): number {
    return this.#step;
  }

  get isFinished(): boolean {
    return this.#step >= this.settings.steps;
  }

  get best(): BestTracker {
    return this.#best;
  }

  /** Makes one optimiser step; if it throws, the variables are as before. */
  async makeStep(): Promise<StepEvent> {
    const startedAt = this.stopwatch.seconds;
    const batches = await this.#stream.window(this.settings.accumulate);
    const window = await this.#differentiate(batches);
    const gradientNorm = this.#checkedNorm(window);
    const { clipNorm, steps } = this.settings;
    if (clipNorm !== null) scaleGradients(window.gradients, clipFactor(gradientNorm, clipNorm));
    const learningRate = this.#learningRate();
    await this.#update(window.gradients, learningRate);
    this.#step += 1;
    const size = this.options.batchSize?.bind(this.options);
    const tokens = size && batches.reduce((sum, batch) => sum + size(batch).tokens, 0);
    return {
      type: "step",
      step: this.#step,
      steps,
      epoch: this.#stream.position.epoch,
      loss: window.loss,
      learningRate,
      gradientNorm,
      tokens,
      ...this.stopwatch.step(startedAt, tokens, steps - this.#step),
    };
  }

  /** Runs the caller's evaluation. */
  async evaluate(run: NonNullable<TrainOptions<Batch>["evaluate"]>): Promise<EvaluationEvent> {
    const metrics = await run.run();
    return { type: "evaluation", step: this.#step, metrics, ...this.#best.add(this.#step, metrics) };
  }

  /** A copy of all that the rest of the run depends on. */
  async captureState(): Promise<TrainingState> {
    const values = await this.#parameters.read();
    const variables = [...this.options.variables].map(([name, { shape }]) => {
      return [name, { shape: [...shape], values: values.get(name) ?? new Float32Array() }] as const;
    });
    const { best, evaluationsSinceBest } = this.#best;
    return {
      version: 1,
      step: this.#step,
      position: this.#stream.position,
      settings: this.settings,
      variables: new Map(variables),
      moments: this.#optimizer.capture(),
      evaluationsSinceBest,
      ...(best === undefined ? {} : { best }),
      ...(this.options.fingerprint === undefined ? {} : { fingerprint: this.options.fingerprint }),
    };
  }

  /** Lets go of the data. */
  close(): Promise<void> {
    return this.#stream.close();
  }

  #restore(state: TrainingState): void {
    for (const [name, { values }] of state.variables) this.#parameters.write(name, values.slice());
    this.#optimizer.restore(state.moments);
  }

  async #differentiate(batches: readonly Batch[]): Promise<WindowResult> {
    const { seed, weightByTokens } = this.settings;
    const window = new GradientWindow(this.options.variables);
    for (const [microStep, batch] of batches.entries()) {
      const key = { seed, step: this.#step, microStep };
      const weight = weightByTokens ? (this.options.batchSize?.(batch).supervised ?? 1) : 1;
      await window.add({ loss: () => this.options.loss(batch, key), weight });
    }
    return window.finish();
  }

  #checkedNorm({ loss, gradients }: WindowResult): number {
    const step = this.#step + 1;
    if (!Number.isFinite(loss)) throw new NonFiniteLossError(step, "loss", loss);
    const norm = globalNorm(gradients);
    if (Number.isFinite(norm)) return norm;
    const broken = [...gradients].filter(([, gradient]) => !gradient.every(Number.isFinite)).map(([name]) => name);
    throw new NonFiniteLossError(step, "gradient", norm, broken);
  }

  #learningRate(): number {
    const { learningRate, schedule, warmupSteps, steps } = this.settings;
    return learningRate * learningRateShare(schedule, { step: this.#step, warmupSteps, totalSteps: steps });
  }

  async #update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): Promise<void> {
    const values = await this.#parameters.read();
    for (const [name, gradient] of gradients) {
      const variable = this.options.variables.get(name);
      const present = values.get(name);
      if (variable === undefined || present === undefined) continue;
      const decays = this.settings.decayed === "all" || variable.rank >= 2;
      const next = this.#optimizer.update(name, present, gradient, {
        learningRate: learningRate * learningRateFactor(this.options.learningRateGroups ?? [], name),
        weightDecay: decays ? this.settings.weightDecay : 0,
      });
      this.#parameters.write(name, next);
    }
  }
}
