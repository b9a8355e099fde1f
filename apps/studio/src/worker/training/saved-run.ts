// Saves a run in the store, so that a reload or a crash loses little: its facts, and a folder for each saved step: the
// last one, and the best one, to go back to. The facts are written after a step and before surplus steps are removed,
// so that they always name complete steps.

import { parseState, serializeState, type TrainingState } from "@lowrank/trainer";
import type { RunRequest, TrainingProgress } from "../../protocol/run.ts";
import type { Store } from "../../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../../storage/store.ts";
import { RunGoneError } from "./errors.ts";

/** A step to resume from. */
export interface SavedStep {
  readonly step: number;
  /** The smoothed loss, including the next step's: a step's own loss is of the weights before it. */
  readonly proven?: number;
}

/** All of a run but its tensors. */
export interface SavedRun {
  readonly version: 1;
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly begun: number;
  readonly request: RunRequest;
  readonly model: {
    readonly name: string;
    readonly fingerprint: string;
    readonly source: "tiny" | "smollm2" | "files";
  };
  readonly kept: readonly SavedStep[];
  /** The events of the page up to the last saved step. */
  readonly progress: readonly TrainingProgress[];
}

const folder = "runs";
const factsOf = (run: string) => `${folder}/${run}/run.json`;
const stepOf = (run: string, step: number) => `${folder}/${run}/${step}`;

/** Saves a step, and removes surplus earlier ones. Returns the current facts. Throws QuotaError. */
export async function keepStep(store: Store, run: SavedRun, state: TrainingState): Promise<SavedRun> {
  const { tensors, facts } = serializeState(state);
  const place = stepOf(run.run, state.step);
  await store.write(`${place}/state.safetensors`, tensors);
  await store.write(`${place}/trainer.json`, new TextEncoder().encode(facts));
  const kept = staying([...run.kept.filter(({ step }) => step !== state.step), { step: state.step }]);
  const now = { ...run, kept };
  await writeJsonFile(store, factsOf(run.run), now);
  const steps = new Set(kept.map(({ step }) => step));
  for (const { step } of run.kept) if (!steps.has(step)) await store.remove(stepOf(run.run, step));
  return now;
}

/** The state of a kept step. Throws RunGoneError, CHECKPOINT_INVALID. */
export async function stateAt(store: Store, run: string, step: number): Promise<TrainingState> {
  const tensors = await store.read(`${stepOf(run, step)}/state.safetensors`);
  const facts = await store.read(`${stepOf(run, step)}/trainer.json`);
  if (tensors === undefined || facts === undefined) throw new RunGoneError(run, step);
  return parseState({ tensors, facts: new TextDecoder().decode(facts) }, `step ${step}`);
}

/** Throws RunGoneError. */
export async function readSavedRun(store: Store, run: string): Promise<SavedRun> {
  const facts = await readJsonFile(store, factsOf(run), isSavedRun);
  if (facts === undefined || facts.kept.length === 0) throw new RunGoneError(run, undefined);
  return facts;
}

/** Every run that can be resumed, the newest first. */
export async function readSavedRuns(store: Store): Promise<readonly SavedRun[]> {
  const found = await Promise.all(
    (await store.list(folder)).map((run) => readJsonFile(store, factsOf(run), isSavedRun)),
  );
  const runs = found.filter((run) => run !== undefined);
  return runs.filter(({ kept }) => kept.length > 0).sort((one, other) => other.begun - one.begun);
}

export function removeRun(store: Store, run: string): Promise<void> {
  return store.remove(`${folder}/${run}`);
}

export function lastSaved({ kept }: Pick<SavedRun, "kept">): SavedStep | undefined {
  return kept.at(-1);
}

/** The proven save with the lowest loss. */
export function bestSaved({ kept }: Pick<SavedRun, "kept">): SavedStep | undefined {
  const byLoss = kept.flatMap((each) => (each.proven === undefined ? [] : [{ each, loss: each.proven }]));
  return byLoss.sort((one, other) => one.loss - other.loss)[0]?.each;
}

/** The run after `step`, whose smoothed loss proves the save of the step before it. */
export function provenBy(run: SavedRun, step: number, smoothed: number): SavedRun {
  const kept = run.kept.map((each) => (each.step === step - 1 ? { ...each, proven: smoothed } : each));
  return { ...run, kept };
}

function staying(kept: readonly SavedStep[]): readonly SavedStep[] {
  const [last, best] = [lastSaved({ kept }), bestSaved({ kept })];
  return kept.filter((each) => each === last || each === best);
}

function isSavedRun(value: unknown): value is SavedRun {
  return typeof value === "object" && value !== null && "version" in value && value.version === 1 && "kept" in value;
}
