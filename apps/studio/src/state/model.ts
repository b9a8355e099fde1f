// The engine and the model: which there are, which is chosen, and what became of it.

import { batch, computed, signal } from "@preact/signals";
import type {
  EngineFacts,
  EngineName,
  LoadingNews,
  ModelEstimate,
  ModelFacts,
  ModelSource,
} from "../protocol/model.ts";
import { type Ask, WorkerFailure } from "../worker-client.ts";

/** What failed, for the page to say in its own words beside the field. */
export interface ModelFailure {
  readonly at: "engine" | "model";
  readonly code: string | undefined;
  readonly message: string;
}

export class ModelState {
  readonly engine = signal<EngineFacts | undefined>(undefined);
  /** The open model; it changes when another one is open, and is undefined before the first. */
  readonly facts = signal<ModelFacts | undefined>(undefined);
  /** Where the open model comes from. */
  readonly source = signal<ModelSource | undefined>(undefined);
  /** What a person looks at and has not loaded. */
  readonly candidate = signal<{ readonly source: ModelSource; readonly estimate: ModelEstimate } | undefined>(
    undefined,
  );
  /** What the open model takes. */
  readonly estimate = signal<ModelEstimate | undefined>(undefined);
  readonly busy = signal<"starting" | "weighing" | "loading" | undefined>(undefined);
  readonly progress = signal<LoadingNews | undefined>(undefined);
  readonly failure = signal<ModelFailure | undefined>(undefined);
  #again: () => Promise<void> = () => this.startUp();
  readonly isReady = computed(() => this.facts.value !== undefined && this.busy.value === undefined);

  constructor(
    private readonly ask: Ask,
    private readonly base: string,
  ) {}

  /** Starts the best engine and opens the tiny model. */
  async startUp(): Promise<void> {
    this.#again = () => this.startUp();
    await this.#startEngine(undefined);
    if (this.engine.value !== undefined) await this.#look({ kind: "tiny" });
    if (this.candidate.value !== undefined) await this.load();
  }

  /** Looks at a model; what is beside the page is loaded at once. */
  async choose(source: ModelSource): Promise<void> {
    this.#again = () => this.choose(source);
    await this.#look(source);
    const { value } = this.candidate;
    if (value?.source === source && (source.kind === "tiny" || value.estimate.isKept)) await this.load();
  }

  /** Loads what was looked at. The model before stays where that fails. */
  async load(): Promise<void> {
    const { value } = this.candidate;
    if (value === undefined) return;
    this.#again = () => this.load();
    const { source, estimate } = value;
    await this.#work("loading", "model", async () => {
      const facts = await this.ask("open", source, (news) => {
        this.progress.value = news;
      });
      batch(() => {
        this.candidate.value = undefined;
        this.source.value = source;
        this.estimate.value = { ...estimate, isKept: true };
        this.facts.value = facts;
      });
    });
  }

  /** Does again what failed last. */
  async retry(): Promise<void> {
    await this.#again();
  }

  /** Puts back what was looked at. */
  leave(): void {
    batch(() => {
      this.candidate.value = undefined;
      this.failure.value = undefined;
    });
  }

  /** Changes the engine, and opens the model again on it; where it does not start, the old one goes on. */
  async changeEngine(name: EngineName): Promise<void> {
    this.#again = () => this.changeEngine(name);
    const { value: source } = this.source;
    const { value: estimate } = this.estimate;
    if (!(await this.#startEngine(name)) || source === undefined || estimate === undefined) return;
    this.candidate.value = { source, estimate };
    await this.load();
    if (this.failure.value !== undefined) this.facts.value = undefined; // the engine that it lay on is gone
  }

  /** Whether it started. */
  async #startEngine(engine: EngineName | undefined): Promise<boolean> {
    return this.#work("starting", "engine", async () => {
      this.engine.value = await this.ask("start", { base: this.base, engine });
    });
  }

  #look(source: ModelSource): Promise<boolean> {
    return this.#work("weighing", "model", async () => {
      this.candidate.value = { source, estimate: await this.ask("weigh", source) };
    });
  }

  async #work(what: "starting" | "weighing" | "loading", at: ModelFailure["at"], work: () => Promise<void>) {
    batch(() => {
      this.busy.value = what;
      this.failure.value = undefined;
      this.progress.value = undefined;
    });
    try {
      await work();
      return true;
    } catch (error) {
      const code = error instanceof WorkerFailure ? error.code : undefined;
      this.failure.value = { at, code, message: error instanceof Error ? error.message : String(error) };
      return false;
    } finally {
      this.busy.value = undefined;
    }
  }
}
