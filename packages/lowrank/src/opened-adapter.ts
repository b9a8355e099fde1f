// An adapter on an open model: plan, train, save.

import { type Adapter, type LoraConfig, writeAdapter } from "@lowrank/adapter-format";
import type { WriteGgufAdapterOptions } from "@lowrank/adapter-format/gguf";
import { activeAdapters, type ForwardContext, inferenceContext, type Warning } from "@lowrank/contracts";
import type { TextTokenizer, TokenBatch } from "@lowrank/data";
import type { ProblemType } from "@lowrank/data/internal";
import { type AdapterHandle, describePlan, type InjectionPlan } from "@lowrank/inject";
import type { EvaluationEvent, TrainingEvent } from "@lowrank/trainer";
import type { RateRestart } from "@lowrank/trainer/internal";
import { checkArgument, checkCall } from "./check-argument.ts";
import { embeddingKey, embeddingSettingsIn } from "./embed/embedding-settings.ts";
import { initNeedsRows } from "./errors/library-errors.ts";
import type { RunReview } from "./findings/watch-run.ts";
import { type Notices, noticesOf } from "./notices.ts";
import type { TrainingRows } from "./objectives/training-rows.ts";
import { omitUndefined } from "./omit-undefined.ts";
import { decodeProblem, problemKey } from "./open/adapter-problem.ts";
import type { OpenedBase } from "./open/open-base.ts";
import { loopDefaults } from "./options/loop-defaults.ts";
import type { TrainingOptions } from "./options.ts";
import type { FolderFiles, OutputFolder, Platform, RowsInput } from "./platform.ts";
import type { ReportedRun } from "./report/run-report.ts";
import { classNamesKey, decodeClassNames } from "./rows/classes/class-names.ts";
import type { ReportTime, RunFolder } from "./run-folder.ts";
import { type AdapterSetup, onBase, setupFiles } from "./setup/adapter-setup.ts";
import { awaitable, type TrainingProgress } from "./train/awaitable.ts";
import { openRun } from "./train/check-keeping.ts";
import { initBatchesOf } from "./train/measure-init.ts";
import { makeFromRows } from "./train/new-adapter.ts";
import { type RunSteps, stepsOf } from "./train/plan-steps.ts";
import type { TokenizedRows } from "./train/tokenized-rows.ts";
import type { CardProgress, runTable } from "./train/training-card.ts";
import { type LoopOptions, type RunOptions, resumedOptions, settled } from "./train/training-options.ts";

/** A run that is ready to start: its rows, its objective and its number of steps. */
export interface PreparedTraining extends TokenizedRows, RunSteps {
  readonly handle: AdapterHandle;
}

/** The parts of an opened adapter. */
export interface AdapterFacts {
  readonly platform: Platform;
  readonly notices: Notices;
  /** The model in the shape that the adapter needs; with `handle` for an adapter that is attached already. */
  readonly opened: OpenedBase;
  /** The plan of an adapter that is not attached yet. */
  readonly plan?: InjectionPlan;
  readonly name: string;
  readonly seed: number;
  tokenizer(): Promise<TextTokenizer>;
  readonly tokens?: { readonly tokens: readonly string[]; readonly files: ReadonlyMap<string, string> } | undefined;
  onDispose(adapter: OpenedAdapter): void;
  /** Tokenizer files to write next to the adapter, by name. */
  tokenizerFiles(): Promise<ReadonlyMap<string, string>>;
  readonly basePrecision?: string | undefined;
  /** The names of the classes, in order of their numbers. */
  readonly classNames?: readonly string[] | undefined;
}

/** An adapter of an `OpenedModel`: `adapt` creates a new one, `attach` reads one from files. */
export class OpenedAdapter {
  readonly name: string;
  readonly #facts: AdapterFacts;
  #handle: AdapterHandle | undefined;
  #metadata: ReadonlyMap<string, string>;
  /** The run's settings for the model card. */
  #settings: ((progress: CardProgress) => ReturnType<typeof runTable>) | undefined;
  #stepsDone = 0;
  /** After a run: the step of the adapter. */
  #end: Pick<CardProgress, "isOver" | "adapterStep"> = {};
  /** Settings that it was trained with, such as the template: defaults of `generate` and `evaluate`. */
  #setup: AdapterSetup;
  /** The last validation of the run. */
  #validation: EvaluationEvent | undefined;
  #lastRun: RunReview | undefined;
  #restarts: readonly RateRestart[] = [];

  constructor(facts: AdapterFacts) {
    this.#facts = facts;
    this.name = facts.name;
    this.#handle = facts.opened.handle;
    this.#setup = onBase(facts.opened.setup, facts.opened);
    const keptKeys = [classNamesKey, problemKey, embeddingKey];
    this.#metadata = new Map([...(facts.opened.adapter?.metadata ?? [])].filter(([key]) => keptKeys.includes(key)));
  }

  /** The plan: the adapted layers, as data. */
  get plan(): InjectionPlan {
    const plan = this.#handle?.plan ?? this.#facts.plan;
    if (plan === undefined) throw new Error("An adapter has a plan or a handle.");
    return plan;
  }

  /** Precision of the base's weights; float32 if undefined. */
  get basePrecision(): string | undefined {
    return this.#facts.basePrecision;
  }

  /** Warnings about the plan. */
  get warnings(): readonly Warning[] {
    return this.plan.warnings;
  }

  get config(): LoraConfig {
    return this.plan.config;
  }

  /** The plan as text: layers, parameters, bytes. */
  describe(): string {
    return describePlan(this.plan);
  }

  /** Its variables and state, for use with the other packages of lowrank. Throws START_NEEDS_ROWS if `init` needs training rows first. */
  get handle(): AdapterHandle {
    if (this.#handle === undefined) throw initNeedsRows(String(this.config.init));
    return this.#handle;
  }

  /** The model in the shape that this adapter needs, and a context that selects it. */
  get opened(): OpenedBase {
    const { handle } = this;
    const carried = { embedding: embeddingSettingsIn(this.#metadata), setup: this.#setup };
    return { ...this.#facts.opened, handle, ...carried, context: inferenceContext(activeAdapters(handle.name)) };
  }

  /**
   * Reads and tokenizes rows and counts the steps, without training. Throws DataError, DATA_UNREADABLE_FILE, NOTHING_TO_TRAIN,
   * ROWS_TASK, WrongTaskError, TOKENIZER_MISSING, ChatTemplateMissingError, INVOCATION_MISSING, TRAINING_OPTIONS.
   */
  async prepare(input: RowsInput | TrainingRows, options: TrainingOptions = {}): Promise<PreparedTraining> {
    const training = await import("./train/preparing.ts"); // loaded on first use
    (await import("./check-training-options.ts")).checkTrainingOptions(options);
    checkArgument("train", "training rows", input);
    const { opened, basePrecision } = this.#facts;
    const notices = { ...this.#facts.notices, ...(options.onWarning === undefined ? {} : noticesOf(options)) };
    const { model } = opened;
    const seed = options.seed ?? loopDefaults.seed;
    const read = await training.readTrainingRows(input, options, { ...this.#facts, seed });
    training.refuseUntrainable(model, read);
    const files = { sees: read.objective.hasPictures === true, lists: [read.train, read.validation] };
    const media = await training.rowMedia(files, { ...opened, platform: this.#facts.platform, notices });
    const worded = media && { train: await media.worded(read.train), validation: await media.worded(read.validation) };
    const rows = { ...read, ...worded };
    const namedClasses = omitUndefined({ classNames: options.classNames, isTrained: this.#stepsDone > 0 || undefined });
    const classes = training.classesOf(opened, rows, { ...namedClasses, adapterNames: this.classNames });
    const labels = training.labelMeaning(model, rows, classes);
    training.warnOfOddClasses(classes, { ...rows, ...labels, columns: options.columns }, notices);
    training.warnOfPreferences(rows.file, rows.preferences, notices);
    const config = this.#handle === undefined ? this.config : undefined;
    training.refuseIdleOptions(training.runToCheck(model, rows, { labels, config }), options);
    const hasText = training.needsTokenizer(rows.train) || training.needsTokenizer(rows.validation);
    const tokenizer = hasText ? await this.#facts.tokenizer() : undefined;
    const trained = embeddingSettingsIn(this.#metadata);
    const learning = await rows.objective.plan(opened.source, rows, { ...options, tokenizer, trained });
    const setup = this.#setup;
    const parameters = this.plan.totalParameters - this.plan.trainableParameters;
    const reader = { ...this.#facts, model, parameters, tokenizer, labels, learning, media, setup };
    const tokenized = training.tokenizedRows(rows, { ...reader, options }, notices);
    const { batchSize } = settled(tokenized, options);
    const count = initBatchesOf(options, this.config) ?? 0;
    const { padId } = tokenized;
    const batches = { rows: tokenized.train, padId, batchSize, count, media, seed: this.#facts.seed };
    const loss = (batch: TokenBatch, context: ForwardContext) => learning.loss(model, batch, { context, padId });
    const start = { ...batches, ...(learning.measuresInitsByLoss === true ? { loss } : {}) };
    this.#handle ??= await makeFromRows(model, this.plan, { ...this.#facts, start });
    training.checkRows(rows.file, tokenized.drawn?.sample ?? tokenized.train, { config: this.config, notices });
    const found = [...training.classMetadata(classes, labels), ...training.embeddingMetadata(learning.embedding)];
    this.#metadata = new Map([...this.#metadata, ...found]);
    this.#setup = onBase(training.setupOfRows(rows.train, tokenized.template, options), opened);
    const plan = stepsOf(tokenized, options);
    const { addedTokens, classNames } = this;
    const { rowFindings } = await import("./findings/row-findings.ts");
    for (const each of rowFindings({ file: rows.file, rows: tokenized, plan, classNames })) notices.warn(each);
    const learned = { rows: tokenized.train.length, template: tokenized.template, loss: learning.words };
    const facts = { plan, ...learned, addedTokens, classNames };
    const requested = { ...settled(tokenized, options), basePrecision, data: rows.file };
    this.#settings = (progress) => {
      const learned = { validation: this.#validation, restarts: this.#restarts };
      return training.runTable(requested, { ...facts, ...progress, ...learned });
    };
    return { ...tokenized, ...plan, handle: this.#handle };
  }

  /**
   * Trains on rows: a data file, or objects with the same fields. Yields events as they happen; `await` runs all steps and gives
   * the last event. Leaving the loop early stops the training; saved files stay. Throws the errors of `prepare`, NonFiniteLossError,
   * TRAINING_OPTIONS. With `out` also the errors of locking the folder – OUTPUT_EXISTS, OUTPUT_IN_USE,
   * OUTPUT_NOT_OURS, NOTHING_TO_RESUME …, in a web page NO_RUN_FOLDER –, RESUME_MISMATCH, EARLIER_CHECKPOINT,
   * and DivergedError or NonFiniteModelError instead of NonFiniteLossError.
   */
  train(input: RowsInput | TrainingRows, options: TrainingOptions = {}): TrainingProgress {
    return awaitable(this.#inFolder(options, [input], (initial) => this.prepare(input, initial)));
  }

  /** Trains on rows from `prepare`. Throws the errors of `train`. */
  async *run(rows: TokenizedRows, options: TrainingOptions): AsyncGenerator<TrainingEvent, void, undefined> {
    yield* this.#inFolder(options, [], async () => rows);
  }

  /** Trains in a locked run folder, and also writes the recipe file. Throws the errors of `train`. */
  async *keepIn(
    folder: RunFolder,
    rows: TokenizedRows,
    options: TrainingOptions & { readonly recipe?: readonly [file: string, text: string] },
  ): AsyncGenerator<TrainingEvent, void, undefined> {
    const { recipe, saveEvery, keepCheckpoints, patience, tensorBoard } = options;
    const { fingerprint = await this.identify(folder, rows, options) } = options;
    const { opened } = this;
    const files = async (at: CardProgress) => new Map([...(await this.files(at)), ...(recipe ? [recipe] : [])]);
    const report = (at: ReportTime) => this.#report({ rows, options, recipe: recipe?.[1] }, at);
    yield* folder.keep({
      adapter: { opened, files },
      base: opened,
      fingerprint,
      saveEvery,
      keepCheckpoints,
      patience,
      tensorBoard,
      totalSteps: stepsOf(rows, options).totalSteps,
      report: options.report === true ? report : undefined,
      loop: (kept) => this.#loop(rows, { ...options, ...kept }),
    });
  }

  /** The fingerprint of a run on rows from `prepare`. Throws RESUME_MISMATCH if the folder has another run. */
  async identify(folder: Pick<RunFolder, "identify">, rows: TokenizedRows, options: TrainingOptions): Promise<string> {
    const { runFacts } = await import("./train/preparing.ts");
    const { config, addedTokens } = this;
    const { opened, plan, basePrecision, seed } = this.#facts;
    const seedFact = { seed: plan === undefined ? undefined : seed };
    const facts = runFacts({ model: opened.model, config, addedTokens, basePrecision, ...seedFact }, rows, options);
    const { path, folder: files } = opened;
    return folder.identify(facts, { path, folder: files, verifyBase: options.verifyBase === true });
  }

  /** Review of the last training; undefined before the first. */
  get lastRun(): RunReview | undefined {
    return this.#lastRun;
  }

  /** Tokens that training added to the tokenizer. */
  get addedTokens(): readonly string[] {
    return this.#facts.tokens?.tokens ?? [];
  }

  /** Class names, in the order of the class numbers; undefined if the classes have no names. */
  get classNames(): readonly string[] | undefined {
    return decodeClassNames(this.#metadata) ?? this.#facts.classNames;
  }

  /** Kind of labels of its classifier; undefined for one class per row, or without a classifier. */
  get problemType(): ProblemType | undefined {
    return decodeProblem(this.#metadata);
  }

  /** The adapter as data. */
  async toAdapter(): Promise<Adapter> {
    return this.handle.toAdapter({ metadata: this.#metadata });
  }

  /** The files that PEFT's `save_pretrained` would write, with a model card: file name → content. */
  async files(progress: CardProgress = {}): Promise<FolderFiles> {
    const written = writeAdapter(await this.toAdapter());
    const tokenizer = await this.#facts.tokenizerFiles();
    const settings = this.#settings?.({ stepsDone: this.#stepsDone, ...this.#end, ...progress });
    const card = settings === undefined ? "" : (await import("./train/training-card.ts")).cardSection(settings);
    return new Map([
      ...tokenizer,
      ...Object.entries(written),
      ...setupFiles(this.#setup),
      ["README.md", written["README.md"] + card] as const,
    ]);
  }

  /**
   * Writes the files into a folder, all or none. Throws OUTPUT_EXISTS without `overwrite`; with `overwrite` NOT_REPLACEABLE
   * for a folder that lowrank did not write; UNWRITABLE_FOLDER for a path in a web page.
   */
  async save(folder: OutputFolder, options: { readonly overwrite?: boolean } = {}): Promise<void> {
    checkCall("save", { folder }, options);
    const { overwrite = false } = options;
    await this.#facts.platform.writeFiles(folder, await this.files(), { overwrite });
  }

  /**
   * The adapter as one GGUF file for llama.cpp, Ollama, node-llama-cpp and wllama. Throws the errors of
   * `writeGgufAdapter` of @lowrank/adapter-format/gguf: the format does not support every adapter.
   */
  async gguf(options: WriteGgufAdapterOptions = {}): Promise<Uint8Array> {
    const { writeGgufAdapter } = await import("@lowrank/adapter-format/gguf");
    return writeGgufAdapter(await this.toAdapter(), this.#facts.opened.model.config, options);
  }

  /** Detaches the adapter and frees its variables. */
  dispose(): void {
    this.#handle?.dispose();
    this.#facts.onDispose(this);
  }

  /** The run so far as one page of HTML. */
  async #report(run: Pick<ReportedRun, "rows" | "options" | "recipe">, at: ReportTime): Promise<string> {
    const { runReport } = await import("./report/run-report.ts");
    const { classNames, opened, lastRun } = this;
    return runReport({ ...run, opened, classNames, lastRun, settings: this.#settings?.(at) ?? [] }, at);
  }

  /** Runs in the folder of the options, resuming with the settings of its run; or without a folder. */
  async *#inFolder(
    options: TrainingOptions,
    inputs: readonly unknown[],
    prepare: (initial: TrainingOptions) => Promise<TokenizedRows>,
  ): AsyncGenerator<TrainingEvent, void, undefined> {
    (await import("./check-training-options.ts")).checkTrainingOptions(options);
    const folder = await openRun(this.#facts, options, [...inputs, options.validation]);
    if (folder === undefined) return yield* this.#loop(await prepare(options), options);
    try {
      const initial = resumedOptions(folder.initial.options, options, options);
      yield* this.keepIn(folder, await prepare(initial), initial);
    } finally {
      await folder.release();
    }
  }

  async *#loop(rows: TokenizedRows, options: LoopOptions & RunOptions): AsyncGenerator<TrainingEvent, void, undefined> {
    const { notices, opened } = this.#facts;
    const { onWarning = notices.warn } = options;
    const { runTraining } = await import("./train/training-run.ts"); // loaded on first use
    const { watchRun } = await import("./findings/watch-run.ts");
    const run = { model: opened.model, handle: this.handle, rows, note: notices.note };
    const watch = watchRun({ opened: this.opened, rows, options, tokenizer: this.#facts.tokenizer });
    this.#lastRun = watch;
    this.#restarts = options.resumeFrom?.rateWatch?.restarts ?? [];
    for await (const event of runTraining(run, { ...options, onWarning })) {
      watch.add(event);
      if (event.type === "end" && event.reason !== "aborted") for (const each of watch.findings()) onWarning(each);
      if (event.type === "step" || event.type === "skip") this.#stepsDone = event.step;
      if (event.type === "evaluation") this.#validation = event;
      if (event.type === "start") this.#end = {};
      if (event.type === "restart") this.#restarts = [...this.#restarts, event];
      if (event.type === "end") this.#end = { isOver: event.reason !== "aborted", adapterStep: event.variablesStep };
      yield event;
    }
  }
}
