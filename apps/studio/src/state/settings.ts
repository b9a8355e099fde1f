// Settings of the adapter and the run, and their consequences before training.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ModelFacts } from "../protocol/model.ts";
import type { AdapterSettings, PlanFacts, PlanRequest, TrainingSettings } from "../protocol/run.ts";
import type { Store } from "../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../storage/store.ts";
import { type Ask, failureOf } from "../worker-client.ts";
import { debounced } from "./debounced.ts";

export const defaultAdapter: AdapterSettings = {
  rank: 8,
  alpha: 16,
  targets: "all-linear",
  dropout: 0,
  useDora: false,
  start: "gaussian",
};
/** Until the first plan has the library's defaults for the model and the rows. */
export const defaultTraining: TrainingSettings = {
  steps: 40,
  batchSize: 4,
  learningRate: 2e-3,
  schedule: "cosine",
  seed: 1,
  validationShare: 0,
};

/** All of it, as it is kept. */
interface KeptSettings {
  readonly adapter: AdapterSettings;
  /** The user's choices; other settings follow the model and the rows. */
  readonly training: Partial<TrainingSettings>;
  readonly watched: string;
  readonly name: string;
}

export interface SettingsContext {
  readonly ask: Ask;
  readonly store: Store;
  readonly model: ReadonlySignal<ModelFacts | undefined>;
  /** How many rows can be taught. */
  readonly count: ReadonlySignal<number>;
  /** Tokens of the longest row; 0 without rows. */
  readonly longest: ReadonlySignal<number>;
}

const path = "settings.json";
/** Tokens of a row, until there are rows. */
const assumedTokens = 128;

export class SettingsState {
  readonly adapter = signal<AdapterSettings>(defaultAdapter);
  /** The user's choices for the run. */
  readonly chosen = signal<Partial<TrainingSettings>>({});
  readonly training = computed<TrainingSettings>(() => ({
    ...defaultTraining,
    ...this.plan.value?.training,
    ...this.chosen.value,
  }));
  /** The prompt of the filmstrip. */
  readonly watched = signal("");
  /** The adapter's name on the shelf; empty: the page makes one. */
  readonly name = signal("");
  readonly plan = signal<PlanFacts | undefined>(undefined);
  /** Why there is no plan. */
  readonly failure = signal<string | undefined>(undefined);
  readonly #all = computed<KeptSettings>(() => ({
    adapter: this.adapter.value,
    training: this.chosen.value,
    watched: this.watched.value,
    name: this.name.value,
  }));
  readonly #planned = computed<PlanRequest>(() => ({
    adapter: this.adapter.value,
    rows: this.context.count.value,
    step: { rows: this.training.value.batchSize, tokens: this.context.longest.value || assumedTokens },
  }));
  readonly #keepSoon = debounced(400);
  readonly #planSoon = debounced(30);
  #isRestored = false;

  constructor(private readonly context: SettingsContext) {
    effect(() => {
      const { value: planned } = this.#planned;
      const { value: model } = context.model;
      if (model !== undefined) this.#planSoon(() => void this.#makePlan(planned, model));
    });
    effect(() => {
      const { value: all } = this.#all;
      if (this.#isRestored) this.#keepSoon(() => void writeJsonFile(context.store, path, all).catch(() => {}));
    });
  }

  async restore(): Promise<void> {
    const kept = await readJsonFile(this.context.store, path, areSettings);
    this.#isRestored = true;
    if (kept !== undefined) this.set(kept);
  }

  flush(): void {
    this.#keepSoon.flush();
  }

  /** Settings that are not given stay unchanged. */
  set({ adapter, training, watched, name }: Partial<KeptSettings>): void {
    batch(() => {
      if (adapter !== undefined) this.adapter.value = { ...defaultAdapter, ...adapter };
      if (training !== undefined) this.chosen.value = training;
      if (watched !== undefined) this.watched.value = watched;
      if (name !== undefined) this.name.value = name;
    });
  }

  changeAdapter(changed: Partial<AdapterSettings>): void {
    this.adapter.value = { ...this.adapter.value, ...changed };
  }

  /** Alpha stays twice the rank, or whatever times the rank it was. */
  changeRank(rank: number): void {
    const { rank: before, alpha } = this.adapter.value;
    this.changeAdapter({ rank, alpha: Math.max(1, Math.round((alpha / before) * rank)) });
  }

  /** Adds or removes a layer; all of them are written as such. */
  toggleTarget(target: string, all: readonly string[]): void {
    const { targets } = this.adapter.value;
    const chosen = new Set(targets === "all-linear" ? all : targets);
    if (!chosen.delete(target)) chosen.add(target);
    const kept = all.filter((each) => chosen.has(each));
    if (kept.length > 0) this.changeAdapter({ targets: kept.length === all.length ? "all-linear" : kept });
  }

  changeTraining(changed: Partial<TrainingSettings>): void {
    this.chosen.value = { ...this.chosen.value, ...changed };
  }

  async #makePlan(planned: PlanRequest, model: ModelFacts): Promise<void> {
    const { adapter } = planned;
    const known = adapter.targets === "all-linear" || adapter.targets.every((name) => model.targets.includes(name));
    if (!known) return this.changeAdapter({ targets: "all-linear" }); // of another model
    try {
      const plan = await this.context.ask("plan", planned);
      if (this.#planned.peek() !== planned) return;
      batch(() => {
        this.plan.value = plan;
        this.failure.value = undefined;
      });
    } catch (error) {
      this.failure.value = failureOf(error).message;
    }
  }
}

function areSettings(value: unknown): value is KeptSettings {
  if (typeof value !== "object" || value === null) return false;
  const { adapter, training, watched, name } = value as Partial<Record<keyof KeptSettings, unknown>>;
  const areObjects = [adapter, training].every((each) => typeof each === "object" && each !== null);
  return areObjects && typeof watched === "string" && typeof name === "string";
}
