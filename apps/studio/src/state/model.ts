// The engine and the model: the available ones, the chosen ones, and their state.

import { batch, computed, signal } from "@preact/signals";
import type {
  EngineFacts,
  EngineName,
  LoadingProgress,
  ModelEstimate,
  ModelFacts,
  ModelSource,
} from "../protocol/model.ts";
import type { Store } from "../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../storage/store.ts";
import { type Ask, type Failure, failureOf } from "../worker-client.ts";

/** Which model the last visit ended with. */
const lastModelFile = "last-model.json";
type LastModel = { readonly kind: "tiny" } | { readonly kind: "smollm2" };
const isLastModel = (value: unknown): value is LastModel =>
  typeof value === "object" && value !== null && "kind" in value && (value.kind === "tiny" || value.kind === "smollm2");

/** A failure, for the page to explain next to the field. */
export interface ModelFailure extends Failure {
  readonly at: "engine" | "model";
}

/** How long loading may report nothing before the page calls it slow. */
const patienceMilliseconds = 20_000;

export class ModelState {
  readonly engine = signal<EngineFacts | undefined>(undefined);
  /** The open model; it changes when another one is open, and is undefined before the first. */
  readonly facts = signal<ModelFacts | undefined>(undefined);
  /** Where the open model comes from. */
  readonly source = signal<ModelSource | undefined>(undefined);
  /** The model that the user is looking at, not loaded yet. */
  readonly candidate = signal<{ readonly source: ModelSource; readonly estimate: ModelEstimate } | undefined>(
    undefined,
  );
  /** Which kind a person has chosen last, until it is loaded or put back. */
  readonly wanted = signal<ModelSource["kind"] | undefined>(undefined);
  /** Memory of the open model. */
  readonly estimate = signal<ModelEstimate | undefined>(undefined);
  readonly busy = signal<"starting" | "weighing" | "loading" | undefined>(undefined);
  readonly progress = signal<LoadingProgress | undefined>(undefined);
  /** Whether nothing has been reported for longer than usual. */
  readonly isSlow = signal(false);
  readonly failure = signal<ModelFailure | undefined>(undefined);
  #again: () => Promise<void> = () => this.startUp();
  readonly isReady = computed(() => this.facts.value !== undefined && this.busy.value === undefined);

  constructor(
    private readonly ask: Ask,
    private readonly context: { readonly base: string; readonly store: Store },
  ) {}

  /** Starts the best engine and opens the model of the last visit, if it is still there without a network; else the tiny one. */
  async startUp(): Promise<void> {
    this.#again = () => this.startUp();
    if (!(await this.#startEngine(undefined))) return;
    const last = await readJsonFile(this.context.store, lastModelFile, isLastModel);
    if (last !== undefined && (await this.#look(last)) && this.candidate.value?.estimate.isCached) await this.load();
    if (this.facts.value !== undefined) return;
    if (await this.#look({ kind: "tiny" })) await this.load();
  }

  /** Receives failures of all parts: for a lost GPU, the top bar offers to try again and starts the engine again. */
  note(error: unknown): void {
    const { value: engine } = this.engine;
    const failure = failureOf(error);
    if (engine === undefined || failure.code !== "DEVICE_LOST") return;
    this.failure.value = { at: "engine", ...failure };
    this.#again = () => this.changeEngine(engine.name);
  }

  /** Looks at a model; the tiny model next to the page is loaded at once. */
  async choose(source: ModelSource): Promise<void> {
    this.#again = () => this.choose(source);
    this.wanted.value = source.kind;
    const { value: open } = this.source;
    if (source.kind !== "files" && open?.kind === source.kind && this.facts.value !== undefined) return this.leave();
    await this.#look(source);
    const { value } = this.candidate;
    if (value?.source === source && (source.kind === "tiny" || value.estimate.isCached)) await this.load();
  }

  /** Loads the model. If it fails, the previous model stays. */
  async load(): Promise<void> {
    const { value } = this.candidate;
    if (value === undefined) return;
    this.#again = () => this.load();
    const { source, estimate } = value;
    await this.#work("loading", "model", async () => {
      const facts = await this.ask("open", source, (progress) => {
        this.progress.value = progress;
        this.#wind();
      });
      batch(() => {
        this.candidate.value = undefined;
        this.wanted.value = undefined;
        this.source.value = source;
        this.estimate.value = { ...estimate, isCached: true };
        this.facts.value = facts;
      });
      performance.mark("ready"); // for measurements of the page
      // The user's own files cannot be opened again without the user, so the next visit does not offer them.
      if (source.kind !== "files")
        await writeJsonFile(this.context.store, lastModelFile, source).catch(() => undefined);
    });
  }

  /** Repeats the last failed action. */
  async retry(): Promise<void> {
    await this.#again();
  }

  /** Forgets the model that was looked at. */
  leave(): void {
    batch(() => {
      this.candidate.value = undefined;
      this.wanted.value = undefined;
      this.failure.value = undefined;
    });
  }

  /** The person has files of their own, and has not chosen one yet. */
  wantFiles(): void {
    this.leave();
    this.wanted.value = "files";
  }

  /** Changes the engine, and opens the model again on it; if it does not start, the old engine stays. */
  async changeEngine(name: EngineName): Promise<void> {
    this.#again = () => this.changeEngine(name);
    const { value: source } = this.source;
    const { value: estimate } = this.estimate;
    if (!(await this.#startEngine(name)) || source === undefined || estimate === undefined) return;
    this.candidate.value = { source, estimate };
    await this.load();
    if (this.failure.value !== undefined) this.facts.value = undefined; // the engine that held it was closed
  }

  /** Whether it started. */
  async #startEngine(engine: EngineName | undefined): Promise<boolean> {
    return this.#work("starting", "engine", async () => {
      this.engine.value = await this.ask("start", { base: this.context.base, engine });
    });
  }

  #look(source: ModelSource): Promise<boolean> {
    return this.#work("weighing", "model", async () => {
      this.candidate.value = { source, estimate: await this.ask("weigh", source) };
    });
  }

  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts the timer that reports unusually long loading. */
  #wind(): void {
    clearTimeout(this.#timer);
    this.isSlow.value = false;
    if (this.busy.value !== undefined) {
      this.#timer = setTimeout(() => {
        this.isSlow.value = true;
      }, patienceMilliseconds);
    }
  }

  async #work(what: "starting" | "weighing" | "loading", at: ModelFailure["at"], work: () => Promise<void>) {
    batch(() => {
      this.busy.value = what;
      this.failure.value = undefined;
      this.progress.value = undefined;
    });
    this.#wind();
    try {
      await work();
      return true;
    } catch (error) {
      this.failure.value = { at, ...failureOf(error) };
      return false;
    } finally {
      this.busy.value = undefined;
      this.#wind();
    }
  }
}
