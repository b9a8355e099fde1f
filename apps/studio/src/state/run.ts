// A run as the page sees it: started, paused, followed, and continued after a reload or a divergence.

import { batch, computed, signal } from "@preact/signals";
import type { Frame, RunRequest, RunResult, TrainingProgress, UnfinishedRun } from "../protocol/run.ts";
import { rateInSandbox } from "../rewards/rate-in-sandbox.ts";
import { type Ask, failureOf } from "../worker-client.ts";
import { type Curve, extended, noCurve } from "./curve.ts";

export type RunPhase = "idle" | "preparing" | "training" | "pausing" | "paused" | "stopping";

export type StepProgress = Extract<TrainingProgress, { type: "step" }>;

/** A run that diverged, with the offers of the page. */
export interface DivergedRun {
  readonly run: string;
  readonly at: number;
  readonly lastGood: number | undefined;
  readonly request: RunRequest;
}

export interface RunContext {
  readonly ask: Ask;
  /** The current table and settings. */
  request(): RunRequest;
  onTaught(adapter: string, name: string): void;
}

/** Milliseconds between redraws: a small model reports its progress more often. */
const drawEvery = 80;
/** Earlier runs that stay in the chart. */
const maxEarlier = 4;

export class RunState {
  readonly phase = signal<RunPhase>("idle");
  readonly last = signal<StepProgress | undefined>(undefined);
  readonly curve = signal<Curve>(noCurve);
  readonly earlier = signal<readonly Curve[]>([]);
  readonly frames = signal<readonly Frame[]>([]);
  /** The frame that is being written. */
  readonly writing = signal<Frame | undefined>(undefined);
  /** The prompt of the filmstrip; the settings may have changed since. */
  readonly watched = signal<string | undefined>(undefined);
  readonly result = signal<RunResult | undefined>(undefined);
  readonly diverged = signal<DivergedRun | undefined>(undefined);
  readonly unfinished = signal<UnfinishedRun | undefined>(undefined);
  readonly failure = signal<string | undefined>(undefined);
  /** False if a reload would lose the run. */
  readonly isSaved = signal(true);
  readonly isBusy = computed(() => this.phase.value !== "idle");
  #progress: TrainingProgress[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: RunContext) {}

  /** Looks for a run that a reload or a crash ended. */
  async restore(): Promise<void> {
    this.unfinished.value = await this.context.ask("unfinished", undefined);
  }

  train(): Promise<void> {
    return this.#make(this.context.request());
  }

  async pause(): Promise<void> {
    this.phase.value = "pausing";
    await this.context.ask("pause", undefined);
  }

  async continue(): Promise<void> {
    this.phase.value = "training";
    await this.context.ask("continue", undefined);
  }

  async stop(): Promise<void> {
    this.phase.value = "stopping";
    await this.context.ask("stop", undefined);
  }

  /** Continues the run of an earlier visit. */
  async resume(): Promise<void> {
    const { value: left } = this.unfinished;
    if (left === undefined) return;
    this.unfinished.value = undefined;
    await this.#make(
      { ...this.context.request(), name: left.name, watched: left.watched, resume: left.run },
      left.progress,
    );
  }

  async forget(): Promise<void> {
    const run = this.unfinished.value?.run ?? this.diverged.value?.run;
    batch(() => {
      this.unfinished.value = undefined;
      this.diverged.value = undefined;
    });
    if (run !== undefined) await this.context.ask("forget", { run });
  }

  /** Goes back to the best saved step of a run that diverged, or starts it again, at half the learning rate. */
  async goBack(): Promise<void> {
    const { value: lost } = this.diverged;
    if (lost === undefined) return;
    const { run, lastGood, request } = lost;
    const { training } = request;
    const learningRate = training.learningRate / 2;
    this.diverged.value = undefined;
    if (lastGood === undefined) return this.#make({ ...request, training: { ...training, learningRate } });
    const again = {
      ...request,
      training: { ...training, learningRate },
      resume: run,
      from: { step: lastGood, learningRate },
    };
    const before = { training: this.curve.value.training, validation: this.curve.value.validation };
    const upTo = <T extends readonly [number, number]>(points: readonly T[]) =>
      points.filter(([step]) => step <= lastGood);
    const frames = this.frames.value.filter(({ step }) => step <= lastGood);
    await this.#make(again, [], {
      curve: { training: upTo(before.training), validation: upTo(before.validation) },
      frames,
    });
  }

  async #make(
    request: RunRequest,
    progress: readonly TrainingProgress[] = [],
    { curve = noCurve, frames = [] }: { readonly curve?: Curve; readonly frames?: readonly Frame[] } = {},
  ): Promise<void> {
    batch(() => {
      if (this.curve.value.training.length > 0 && request.resume === undefined) {
        this.earlier.value = [this.curve.value, ...this.earlier.value].slice(0, maxEarlier);
      }
      this.phase.value = "preparing";
      this.curve.value = curve;
      this.frames.value = frames;
      for (const signal of [this.last, this.writing, this.result, this.diverged, this.failure])
        signal.value = undefined;
      this.isSaved.value = true;
      this.watched.value = request.watched;
      this.#take(progress);
    });
    try {
      const result = await this.context.ask("train", request, (each) => this.#receive(each));
      this.#draw();
      this.#end(result, request);
    } catch (error) {
      this.#draw();
      this.failure.value = failureOf(error).message;
      await this.restore().catch(() => {}); // what was kept of it can be gone on with
    } finally {
      batch(() => {
        this.phase.value = "idle";
        this.writing.value = undefined;
      });
    }
  }

  #end(result: RunResult, request: RunRequest): void {
    batch(() => {
      this.result.value = result;
      const { run, reason, steps, lastGood, adapter } = result;
      if (reason === "diverged") this.diverged.value = { run, at: steps, lastGood, request };
      if (adapter !== undefined) this.context.onTaught(adapter, request.name);
    });
  }

  /** Never rejects: the worker's run fails with the problem. */
  async #rate({ reward, texts }: Extract<TrainingProgress, { type: "rate" }>): Promise<void> {
    const ratings = await rateInSandbox(reward, texts, { seconds: 10 }).then(
      (values) => ({ values }),
      ({ message }: Error) => ({ problem: message }),
    );
    await this.context.ask("rated", ratings).catch(() => {});
  }

  #receive(progress: TrainingProgress): void {
    if (progress.type === "rate") return void this.#rate(progress);
    this.#progress.push(progress);
    this.#timer ??= setTimeout(() => this.#draw(), drawEvery);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    batch(() => this.#take(this.#progress.splice(0)));
  }

  #take(progress: readonly TrainingProgress[]): void {
    if (progress.length === 0) return;
    this.curve.value = extended(this.curve.value, progress);
    for (const each of progress) this.#takeOne(each);
  }

  #takeOne(progress: TrainingProgress): void {
    const { phase } = this;
    if (progress.type === "step") {
      this.last.value = progress;
      if (phase.value === "preparing" || phase.value === "paused") phase.value = "training";
    } else if (progress.type === "paused" && phase.value === "pausing") {
      phase.value = "paused";
    } else if (progress.type === "not-kept") {
      this.isSaved.value = false;
    } else if (progress.type === "frame") {
      this.writing.value = progress.isWhole ? undefined : progress.frame;
      const others = this.frames.value.filter(({ step }) => step < progress.frame.step);
      if (progress.isWhole) this.frames.value = [...others, progress.frame];
    }
  }
}
