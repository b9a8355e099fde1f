// A loaded pretrained model: adapt, train, generate, evaluate, merge.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { TextTokenizer } from "@lowrank/data";
import { readTokenizerFiles } from "@lowrank/data/internal";
import type { InjectionPlan } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import type { WritingDefaults } from "@lowrank/models/internal";
import { freeName, openAttached, selectedAdapter, selectedModel } from "./adapters/selected-adapter.ts";
import type { AdapterInput } from "./adapters/weighted-set.ts";
import { checkArgument, checkCall } from "./check-argument.ts";
import type { EmbedOptions } from "./embed/embed-texts.ts";
import type { Evaluation, EvaluationOptions } from "./evaluate/evaluate-rows.ts";
import type { TextEvent, Writer } from "./generate/continue-prompts.ts";
import { isSeveral, promptIds, type TextPrompt } from "./generate/prompt-ids.ts";
import type { TextOptions } from "./generate/text-rules.ts";
import type { ChosenWriter, TextWriter, TextWriterOptions } from "./generate/text-writer.ts";
import { MergedModel } from "./merged-model.ts";
import { omitUndefined } from "./omit-undefined.ts";
import { type ModelRequest, type OpenedBase, shaped, Tokenizers } from "./open/open-base.ts";
import { OpenedAdapter } from "./opened-adapter.ts";
import type { AttachOptions, MergedModelOptions } from "./options.ts";
import type { Platform, RowsInput, SourceContext } from "./platform.ts";
import type { Predictions, PredictOptions, QuestionsInput } from "./predict/predicting.ts";
import type { TokenPlan } from "./rows/added-tokens.ts";
import type { ColumnOptions } from "./rows/read-rows.ts";
import { isRowFile, type RowFile } from "./rows/row-kinds.ts";
import { initBatchesOf } from "./train/measure-init.ts";
import { configFor, makeAdapter, planNewAdapter } from "./train/new-adapter.ts";

/** The adapter of a call, or its name; null for the base model alone. By default the last one added: with several, name one. */
export interface SelectedAdapter {
  readonly adapter?: OpenedAdapter | string | null | undefined;
  /** Factor on the adapter's update: 0 gives exactly the base model; 1, the default, the adapter as trained. */
  readonly strength?: number | undefined;
}

/** The model's sources and options. */
export interface ModelFacts {
  readonly platform: Platform;
  readonly context: SourceContext;
  readonly opened: OpenedBase;
  readonly request: ModelRequest;
  readonly tokens?: TokenPlan | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** The result of `openModel`. It owns its weights and its adapters; `dispose` frees them. */
export class OpenedModel {
  readonly #facts: ModelFacts;
  #adapters: readonly OpenedAdapter[] = [];
  /** The adapter that calls without one used last, of several. */
  #assumed: OpenedAdapter | undefined;
  /** Models with another shape or head than the base, for adapters that need them. */
  readonly #others: PretrainedModel[] = [];
  readonly #tokenizers = new Tokenizers();

  constructor(facts: ModelFacts) {
    this.#facts = facts;
    if (facts.opened.handle !== undefined) this.#keep(facts.opened, { name: facts.opened.handle.name });
  }

  /** The name that the model was opened by; adapters save it as `base_model_name_or_path`. */
  get name(): string {
    return this.#facts.opened.source.name;
  }

  /** The network, for use with the other packages of lowrank. */
  get base(): PretrainedModel {
    return this.#facts.opened.model;
  }

  /** Default generation settings, from the folder's generation_config.json. */
  get defaults(): WritingDefaults {
    return this.base.generation.writing;
  }

  /** The network with the adapter that it was opened with, and their sources. */
  get opened(): OpenedBase {
    return this.#facts.opened;
  }

  /** All adapters, the last one added at the end. */
  get adapters(): readonly OpenedAdapter[] {
    return this.#adapters;
  }

  /** The model's tokenizer, including `addTokens`. Throws TOKENIZER_MISSING. */
  tokenizer(): Promise<TextTokenizer> {
    return this.#tokenizerOf(this.#facts.opened);
  }

  /**
   * Plans a new adapter without creating it: which layers, how many parameters. Defaults of the `LoraConfig` are rank 8,
   * alpha 16 and all linear layers; `targetModules: null` uses PEFT's table of layers. Throws INVALID_ADAPTER_CONFIG, and what `planInjection` of @lowrank/inject throws.
   */
  plan(config: Partial<LoraConfig> = {}): InjectionPlan {
    checkArgument("plan", "configuration", config);
    const { opened, tokens } = this.#facts;
    const full = configFor(opened.model, config, opened.source);
    const model = shaped(opened.model, { newAdapter: full }, this.#facts.context.notices);
    try {
      return planNewAdapter(model, full, tokens?.ids);
    } finally {
      if (model !== opened.model) model.dispose();
    }
  }

  /** Adds a new adapter. It changes no output before it is trained. Throws the errors of `plan`. */
  adapt(
    config: Partial<LoraConfig> = {},
    options: { readonly seed?: number; readonly name?: string } = {},
  ): OpenedAdapter {
    checkCall("adapt", { configuration: config }, options);
    const { seed = 0 } = options;
    const name = freeName(this.#adapters, options.name);
    const { opened, tokens, context } = this.#facts;
    const full = configFor(opened.model, config, opened.source);
    const model = this.#own(shaped(opened.model, { newAdapter: full }, context.notices));
    const plan = planNewAdapter(model, full, tokens?.ids);
    const newAdapter = { name, seed };
    const needsRows = initBatchesOf({}, full) !== undefined;
    const handle = needsRows ? undefined : makeAdapter(model, plan, newAdapter);
    return this.#keep(
      { ...opened, model, handle, adapter: undefined, setup: undefined, adapterPath: undefined },
      { ...newAdapter, plan },
    );
  }

  /**
   * Attaches an adapter from files. The model gets its tokens and repeated layers, and its head if the base
   * has another one. Several – `[{ adapter: "a", weight: 0.7 }, { adapter: "b" }]` – act as one adapter, their weighted sum.
   * Throws ADAPTERS_OF_BASES, SEVERAL_TOKENIZERS, ADAPTER_TASK, HEAD_INCOMPLETE, HubError, and the errors of `combineAdapters` of @lowrank/merge, `readAdapter` and `attachAdapter`.
   */
  async attach(input: AdapterInput, options: AttachOptions = {}): Promise<OpenedAdapter> {
    checkCall("attach", { adapter: input }, options);
    const { trainable = false, allowDifferentBase = false } = options;
    const name = freeName(this.#adapters, options.name);
    const attached = await openAttached(this.#facts, input, { adapterName: name, trainable, allowDifferentBase });
    this.#own(attached.model);
    return this.#keep(attached, { name });
  }

  /**
   * Generates text after a prompt, or the answer in a conversation, with the adapter if there is one. Several prompts
   * give an array of texts. Throws the errors of `stream`.
   */
  async generate(prompt: TextPrompt, options?: TextOptions & SelectedAdapter): Promise<string>;
  async generate(prompts: readonly TextPrompt[], options?: TextOptions & SelectedAdapter): Promise<readonly string[]>;
  async generate(
    prompts: TextPrompt | readonly TextPrompt[],
    options: TextOptions & SelectedAdapter = {},
  ): Promise<string | readonly string[]> {
    const texts: string[] = [];
    for await (const event of this.stream(prompts, options)) if (event.type === "end") texts.push(event.text);
    return isSeveral(prompts) ? texts : (texts[0] ?? "");
  }

  /** The tokens of the prompt that `generate` would use. Throws TOKENIZER_MISSING, ChatTemplateMissingError, TemplateError. */
  async promptIds(
    prompt: TextPrompt,
    { adapter, ...options }: Pick<TextOptions, "template" | "system"> & SelectedAdapter = {},
  ): Promise<readonly number[]> {
    checkArgument("promptIds", "prompt", prompt);
    const { opened, tokenizer } = await this.#writer({ adapter });
    const { readImages } = await import("./generate/prompt-images.ts");
    const { platform } = this.#facts;
    const [worded = prompt] = (await readImages([prompt], { ...opened, platform })).prompts;
    return promptIds(worded, options, { tokenizer, task: opened.model.task, setup: opened.setup });
  }

  /** The source of the chat template that conversations are written in, a Jinja program; undefined if the model has none. */
  async chatTemplate(choice: SelectedAdapter = {}): Promise<string | undefined> {
    return (await this.#writer(choice)).tokenizer.chatTemplate;
  }

  /**
   * Generates text token by token. Throws EMPTY_PROMPT, TOKENIZER_MISSING, ChatTemplateMissingError, GENERATION_OPTION
   * for models that cannot generate text and for invalid options, UNSUPPORTED_SCHEMA, TOKENS_WITHOUT_BYTES, INVALID_WEIGHT, NonFiniteModelError, ADAPTER_GONE.
   */
  async *stream(
    prompts: TextPrompt | readonly TextPrompt[],
    requested: TextOptions & SelectedAdapter = {},
  ): AsyncGenerator<TextEvent, void, undefined> {
    checkCall("generate", { prompt: prompts }, requested);
    if (requested.stop !== undefined) checkArgument("generate", "stop", requested.stop);
    if (requested.schema !== undefined) checkArgument("generate", "schema", requested.schema);
    const { adapter, strength, ...options } = requested;
    const all = isSeveral(prompts) ? prompts : [prompts];
    const { continuePrompts } = await import("./generate/continue-prompts.ts"); // loaded on first use, which a page may never reach
    yield* continuePrompts(await this.#writer({ adapter, strength }), all, options);
  }

  /**
   * Generates many texts at once, each with its own adapter, for servers. Texts do not depend on
   * each other, except for rounding in another order of sums. Throws GENERATION_OPTION for invalid limits.
   */
  async writer(options: TextWriterOptions = {}): Promise<TextWriter<SelectedAdapter>> {
    checkCall("writer", {}, options);
    const { TextWriter } = await import("./generate/text-writer.ts"); // pages do not need it
    return new TextWriter((choice) => this.#chosenWriter(choice), options);
  }

  /** Measures the loss, and accuracy, perplexity, BLEU, exact match or F1 if they apply; or rewards. Throws REWARD_FAILED, the errors of `evaluateRows` and of reading rows. */
  async evaluate(
    input: RowsInput | RowFile,
    requested: EvaluationOptions & SelectedAdapter & ColumnOptions = {},
  ): Promise<Evaluation> {
    checkCall("evaluate", isRowFile(input) ? {} : { rows: input }, requested);
    const { adapter: choice, strength, columns, header, onBrokenRows, ...options } = requested;
    const adapter = this.#adapterOf(choice);
    const { platform, context } = this.#facts;
    const opened = this.#chosen({ adapter, strength });
    const asPrompts = options.reward !== undefined;
    const as = omitUndefined({ columns, header, onBrokenRows, remembered: opened.setup, asPrompts });
    const file = isRowFile(input)
      ? input
      : await (await import("./rows/read-rows.ts")).readRows(input, { platform, context, columns: as });
    const tokenizer = () => this.#tokenizerOf(opened);
    const { evaluateRows } = await import("./evaluate/evaluate-rows.ts"); // loaded on first use
    const { notices } = context;
    return evaluateRows({ opened, tokenizer, platform, notices, adapterNames: adapter?.classNames }, file, options);
  }

  /**
   * Predicts each row, in order: classes with their probability, numbers, labelled words or answers, depending on
   * the head. Rows have the form that `train` expects; their answers are ignored. Throws the errors of `predictRows`.
   */
  async *predict(input: QuestionsInput, requested: PredictOptions & SelectedAdapter & ColumnOptions = {}): Predictions {
    checkCall("predict", { "rows to predict": input }, requested);
    const adapter = this.#adapterOf(requested.adapter);
    const opened = this.#chosen({ adapter, strength: requested.strength });
    const { predict } = await import("./predict/predicting.ts"); // loaded on first use
    yield* predict({ ...this.#facts, opened, adapter, tokenizer: () => this.#tokenizerOf(opened) }, input, requested);
  }

  /**
   * One embedding per text, in order, with the adapter if there is one: vectors for search and comparison. Pooling
   * and normalization come from the options, else from sentence-transformers' files in the model's folder. Throws
   * PoolingUnknownError if neither has them, EMBEDDING_RECIPE, TOKENIZER_MISSING, NonFiniteModelError, ADAPTER_GONE.
   */
  async embed(texts: readonly string[], chosen: EmbedOptions & SelectedAdapter = {}): Promise<readonly Float32Array[]> {
    checkCall("embed", { texts }, chosen);
    const { adapter, strength, ...options } = chosen;
    const { embedTexts } = await import("./embed/embed-texts.ts");
    return embedTexts(await this.#writer({ adapter, strength }), texts, options);
  }

  /** The model with the adapter merged into its weights, as files. This model itself is unchanged. */
  merge(adapter: OpenedAdapter, options: MergedModelOptions = {}): MergedModel {
    checkCall("merge", { "adapter to merge": adapter }, options);
    this.#chosen({ adapter });
    return new MergedModel(adapter, options, { ...this.#facts, notices: this.#facts.context.notices });
  }

  /** Frees the adapters and the weights. */
  dispose(): void {
    for (const adapter of this.#adapters) adapter.dispose();
    for (const model of this.#others.splice(0)) model.dispose();
    this.base.dispose();
  }

  async #writer(choice: SelectedAdapter): Promise<Writer> {
    const opened = this.#chosen(choice);
    const { platform, context } = this.#facts;
    return { opened, tokenizer: await this.#tokenizerOf(opened), notices: context.notices, platform };
  }

  async #chosenWriter(choice: SelectedAdapter): Promise<ChosenWriter> {
    const { chosenWriter } = await import("./generate/text-writer.ts");
    const isGone = (gone: string) => !this.#adapters.some(({ name }) => name === gone);
    return chosenWriter(await this.#writer(choice), choice, isGone);
  }

  #chosen({ adapter, strength }: SelectedAdapter): OpenedBase {
    return selectedModel(this.#facts.opened, this.#adapters, { adapter: this.#adapterOf(adapter), strength });
  }

  /** A call that leaves several adapters open is reported when it first uses one: another may have been added elsewhere. */
  #adapterOf(choice: SelectedAdapter["adapter"]): OpenedAdapter | null | undefined {
    const adapter = selectedAdapter(this.#adapters, choice);
    if (choice !== undefined || !adapter || this.#adapters.length < 2 || adapter === this.#assumed) return adapter;
    this.#assumed = adapter;
    const message =
      `The model has ${this.#adapters.length} adapters, and this call does not name one: it uses "${adapter.name}", which was added last. ` +
      `Name the adapter, as in { adapter: "${adapter.name}" }, or write { adapter: null } for the base model.`;
    this.#facts.context.notices.warn({ code: "ADAPTER_NOT_NAMED", message });
    return adapter;
  }

  #keep(
    opened: OpenedBase,
    made: { readonly name: string; readonly seed?: number; readonly plan?: InjectionPlan },
  ): OpenedAdapter {
    const { platform, context, tokens, classNames, request } = this.#facts;
    const adapter = new OpenedAdapter({
      platform,
      notices: context.notices,
      opened,
      seed: 0,
      ...made,
      tokens,
      classNames,
      basePrecision: request.basePrecision,
      tokenizer: () => this.#tokenizerOf(opened),
      onDispose: (disposed) => {
        this.#adapters = this.#adapters.filter((each) => each !== disposed);
      },
      tokenizerFiles: async () => {
        if (tokens !== undefined) return tokens.files;
        return opened.tokenizerFolder === undefined ? new Map() : readTokenizerFiles(opened.files, "all");
      },
    });
    this.#adapters = [...this.#adapters, adapter];
    return adapter;
  }

  /** Registers a model to be disposed of together with this one. */
  #own(model: PretrainedModel): PretrainedModel {
    if (model !== this.base) this.#others.push(model);
    return model;
  }

  #tokenizerOf(of: Pick<OpenedBase, "files" | "path">): Promise<TextTokenizer> {
    return this.#facts.tokens === undefined ? this.#tokenizers.of(of) : Promise.resolve(this.#facts.tokens.tokenizer);
  }
}
