// One run, from its first step or from a saved one: the library's events become progress, frames are made between steps, and
// everything that a reload would lose is saved at once.

import { NonFiniteLossError, type TrainingEvent, type TrainingState } from "@lowrank/trainer";
import type { OpenedAdapter, RewardInput, TrainingOptions } from "lowrank/browser";
import type { Frame, RunResult, TrainingProgress } from "../../protocol/run.ts";
import { QuotaError } from "../../storage/store.ts";
import { plainPrompt, templateName } from "../rows/row-form.ts";
import type { LoadedModel, WorkerState } from "../worker-state.ts";
import { Divergence } from "./divergence.ts";
import { PageRewards } from "./page-rewards.ts";
import type { RunControl } from "./run-control.ts";
import { keepStep, provenBy, type SavedRun } from "./saved-run.ts";
import type { TeachingRows } from "./teaching-rows.ts";

/** Number of frames after the base's. */
const frames = 8;
const maxNewTokens = 40;
/** New tokens of a frame before the last: enough to see the change. */
const maxTokensBetween = 6;

/** Whether the prompt may be answered after this step: after the first, and at most eight times a run. */
function isFrameStep(step: number, steps: number): boolean {
  return (step - 1) % Math.max(1, Math.ceil(steps / frames)) === 0;
}

/** Shorter runs have no warm-up: it would be half of them, and its first step has the rate 0. */
const fewestStepsToWarmUp = 20;

interface FrameRequest {
  readonly prompt: string;
  readonly step: number;
  readonly maxNewTokens: number;
  /** Null: the base alone. */
  readonly adapter: OpenedAdapter | null;
  readonly signal: AbortSignal;
  /** Called with the growing text. */
  onText(frame: Frame): void;
}

/** One answer with greedy decoding, so that frames differ only by training. Undefined if it was stopped. */
async function makeFrame(model: LoadedModel, request: FrameRequest): Promise<Frame | undefined> {
  const { step, adapter, maxNewTokens, signal, onText } = request;
  const template = templateName(model);
  const prompt = template === "chat" ? request.prompt : plainPrompt(request.prompt);
  let text = "";
  try {
    for await (const event of model.opened.stream(prompt, { adapter, template, maxNewTokens, signal })) {
      text = event.type === "end" ? event.text : text + event.text;
      if (event.type === "token" && event.text !== "") onText({ step, text: text.trimStart() });
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  return { step, text: text.trim() };
}

const baseFrames = new WeakMap<LoadedModel["opened"], Map<string, Frame>>();

/** The base's answer, which no training changes: made once for each prompt. */
async function baseFrame(
  model: LoadedModel,
  request: Pick<FrameRequest, "prompt" | "signal" | "onText">,
): Promise<Frame | undefined> {
  const known = baseFrames.get(model.opened) ?? new Map<string, Frame>();
  baseFrames.set(model.opened, known);
  const frame =
    known.get(request.prompt) ?? (await makeFrame(model, { ...request, step: 0, maxNewTokens, adapter: null }));
  if (frame !== undefined) known.set(request.prompt, frame);
  return frame;
}

/** Work between steps that may take a share of the time: after it, as much time passes as the share demands. */
class SideWork {
  #endedAt = Number.NEGATIVE_INFINITY;
  #took = 0;

  constructor(
    private readonly share: number,
    /** Milliseconds. */
    private readonly now: () => number,
    /** Milliseconds after which it is due whatever it costs. */
    private readonly longest = Number.POSITIVE_INFINITY,
  ) {}

  get isDue(): boolean {
    return this.now() - this.#endedAt >= Math.min(this.longest, this.#took / this.share);
  }

  async measure<T>(work: Promise<T>): Promise<T> {
    const startedAt = this.now();
    try {
      return await work;
    } finally {
      this.#endedAt = this.now();
      this.#took = this.#endedAt - startedAt;
    }
  }
}

export interface RunToMake {
  readonly state: WorkerState;
  readonly model: LoadedModel;
  readonly adapter: OpenedAdapter;
  readonly rows: TeachingRows;
  readonly saved: SavedRun;
  readonly resumeFrom: TrainingState | undefined;
  readonly control: RunControl;
  onProgress(progress: TrainingProgress): void;
}

/** How it ended; `steps` in all. */
export interface RunEnd {
  readonly reason: RunResult["reason"];
  readonly steps: number;
  readonly saved: SavedRun;
}

export class RunLoop {
  readonly #run: RunToMake;
  #saved: SavedRun;
  #progress: TrainingProgress[];
  readonly #divergence = new Divergence();
  #steps: number;
  readonly #keeping: SideWork;
  readonly #watching: SideWork;
  #isFull = false;

  constructor(run: RunToMake) {
    this.#run = run;
    this.#saved = run.saved;
    this.#progress = [...run.saved.progress];
    this.#steps = run.resumeFrom?.step ?? 0;
    const { now } = run.state;
    this.#keeping = new SideWork(0.05, now, 10_000);
    this.#watching = new SideWork(1 / 3, now);
    for (const progress of this.#progress)
      if (progress.type === "step" && progress.reward === undefined) this.#divergence.add(progress.loss);
  }

  /** Throws the errors of training, except for a loss that is not finite. */
  async make(): Promise<RunEnd> {
    const { control, saved } = this.#run;
    const { steps } = saved.request.training;
    this.#run.onProgress({ type: "started", run: saved.run, step: this.#steps, steps });
    if (this.#run.resumeFrom === undefined) await this.#lookAtBase();
    try {
      for await (const event of this.#events()) {
        await this.#take(event);
        if (this.#divergence.isDiverged) return this.#end("diverged");
        await control.whileRunning(() => this.#run.onProgress({ type: "paused" }));
      }
    } catch (error) {
      if (error instanceof NonFiniteLossError) return this.#end("diverged");
      throw error;
    }
    return this.#end(this.#steps < steps ? "stopped" : "finished");
  }

  /** [step, loss] of every step, including those before a reload. */
  get curve(): readonly (readonly [number, number])[] {
    return this.#progress.flatMap((progress) =>
      progress.type === "step" ? [[progress.step, progress.loss] as const] : [],
    );
  }

  #end(reason: RunEnd["reason"]): RunEnd {
    return { reason, steps: this.#steps, saved: this.#saved };
  }

  #events(): AsyncIterable<TrainingEvent> {
    const { adapter, rows, saved, resumeFrom, control } = this.#run;
    const { validationShare: _, steps, reward, ...training } = saved.request.training;
    return adapter.train(rows.train, {
      ...training,
      ...rows.how,
      ...(reward === undefined ? {} : this.#rewarded(reward)),
      steps,
      warmupSteps: steps < fewestStepsToWarmUp ? 0 : 5,
      signal: control.signal,
      fingerprint: saved.model.fingerprint,
      checkpoint: { every: (step) => this.#isKeepingDue(step), save: (state) => this.#keep(state) },
      onWarning: () => {}, // a rate that was halved on purpose
      ...(rows.validation.length === 0
        ? {}
        : { validation: rows.validation, evalAtStart: false, evalEvery: Math.max(1, Math.ceil(steps / 8)) }),
      ...(resumeFrom === undefined ? {} : { resumeFrom }),
    });
  }

  /** Learning from a reward, which the page computes. */
  #rewarded(reward: string): TrainingOptions {
    const rewards = new PageRewards((texts) => this.#run.onProgress({ type: "rate", reward, texts }));
    this.#run.state.rewards = rewards;
    return {
      objective: "grpo",
      maxCompletionLength: maxNewTokens,
      rewardConcurrency: 1000,
      reward: ({ prompt, completion, row }) =>
        rewards.rate({ prompt: lastText(prompt), completion, answer: answerOf(row) }),
    };
  }

  /** The base's answer and loss, for comparison. */
  async #lookAtBase(): Promise<void> {
    const { model, rows, saved, control } = this.#run;
    const { watched, watchedBase, training } = saved.request;
    if (rows.validation.length > 0) {
      const loss = await baseLoss(model, rows, training.batchSize);
      this.#onProgress({ type: "validated", step: 0, loss });
    }
    if (!watched?.trim()) return;
    const onText = this.#onText;
    const frame =
      watchedBase === undefined
        ? await baseFrame(model, { prompt: watched, signal: control.signal, onText })
        : { step: 0, text: watchedBase, isRecorded: true };
    if (frame !== undefined) this.#onProgress({ type: "frame", frame, isWhole: true });
  }

  async #take(event: TrainingEvent): Promise<void> {
    if (event.type === "evaluation") {
      this.#onProgress({ type: "validated", step: event.step, loss: event.metrics.loss });
    }
    if (event.type !== "step") return;
    const { step, steps, loss, learningRate, tokensPerSecond = 0, secondsLeft } = event;
    this.#steps = step;
    const reward = event.metrics?.reward;
    if (reward === undefined) this.#divergence.add(loss); // the loss of a reward is around 0
    this.#saved = provenBy(this.#saved, step, this.#divergence.smoothed);
    this.#onProgress({ type: "step", step, steps, loss, learningRate, tokensPerSecond, secondsLeft, reward });
    const { model, adapter, control, saved } = this.#run;
    const { watched } = saved.request;
    if (!watched?.trim() || control.isStopped) return;
    const isLast = step === steps;
    if (!isLast && !(isFrameStep(step, steps) && this.#watching.isDue)) return;
    const how = { step, adapter, maxNewTokens: isLast ? maxNewTokens : maxTokensBetween, signal: control.signal };
    const frame = await this.#watching.measure(makeFrame(model, { ...how, prompt: watched, onText: this.#onText }));
    if (frame !== undefined) this.#onProgress({ type: "frame", frame, isWhole: true });
  }

  readonly #onText = (frame: { readonly step: number; readonly text: string }) => {
    this.#run.onProgress({ type: "frame", frame, isWhole: false });
  };

  /** Sent to the page, and saved for its next visit. */
  #onProgress(progress: TrainingProgress): void {
    this.#progress.push(progress);
    this.#run.onProgress(progress);
  }

  /** At intervals that cost little: on a GPU a state must be read first. */
  #isKeepingDue(step: number): boolean {
    // The adapter itself follows the last step; a state from which no step is left could not be gone on from.
    const isLast = step === this.#saved.request.training.steps;
    return !isLast && this.#keeping.isDue && !this.#isFull && !this.#divergence.isDiverged;
  }

  /** A full disk does not end a run: it continues without saving. */
  async #keep(state: TrainingState): Promise<void> {
    if (!this.#isKeepingDue(state.step)) return; // the trainer also saves at the end
    const { store } = this.#run.state;
    try {
      this.#saved = await this.#keeping.measure(keepStep(store, { ...this.#saved, progress: this.#progress }, state));
      this.#run.onProgress({ type: "kept", step: state.step });
    } catch (error) {
      if (!(error instanceof QuotaError)) throw error;
      this.#isFull = true;
      this.#run.onProgress({ type: "not-kept", step: state.step });
    }
  }
}

/** The prompt's text; of a conversation, that of its last message. */
function lastText(prompt: RewardInput["prompt"]): string {
  return typeof prompt === "string" ? prompt : (prompt.at(-1)?.content ?? "");
}

/** As `teachingRows` wrote it. */
function answerOf({ completion, messages }: RewardInput["row"]): string {
  if (typeof completion === "string") return completion.trim();
  return Array.isArray(messages) ? String(messages.at(-1)?.content) : "";
}

const measured = new WeakMap<LoadedModel["opened"], Map<string, number>>();

async function baseLoss(
  { opened }: Pick<LoadedModel, "opened">,
  { validation, how }: Pick<TeachingRows, "validation" | "how">,
  batchSize: number,
): Promise<number> {
  const known = measured.get(opened) ?? new Map<string, number>();
  measured.set(opened, known);
  const key = JSON.stringify([validation, how]);
  const loss = known.get(key) ?? (await opened.evaluate(validation, { ...how, batchSize, adapter: null })).loss;
  known.set(key, loss);
  return loss;
}
