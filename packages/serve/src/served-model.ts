// The interface of a model that can be served. An `OpenedModel` of the package lowrank implements it.

/** A message of a conversation. */
export interface ServedMessage {
  readonly role: string;
  readonly content: string;
  /** The texts of a message with images, and the bytes of its images (PNG or JPEG), in order. */
  readonly parts?: readonly ServedPart[];
  /** Further fields for the chat template: `tool_calls`, `tool_call_id`, `name`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export type ServedPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly image: Uint8Array };

/** A function that the model may call, in OpenAI's form, which chat templates expect. */
export interface ServedTool {
  readonly type: "function";
  readonly function: { readonly name: string; readonly description?: string; readonly parameters: unknown };
}

/** A text to continue, or a conversation to answer. */
export type ServedPrompt =
  | string
  | { readonly messages: readonly ServedMessage[]; readonly tools?: readonly ServedTool[] };

/** An adapter of the model. */
export interface ServedAdapter {
  readonly name: string;
  dispose(): void;
}

/** Settings of one text. */
export interface WriteOptions<Adapter> {
  /** Null for the base model. */
  readonly adapter: Adapter | null;
  readonly template?: string | undefined;
  readonly maxNewTokens: number;
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  /** Numbers that are added to the logits of tokens, by token id. */
  readonly logitBias?: Readonly<Record<number, number>> | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** How many of the likeliest tokens to report for each token. */
  readonly logprobs?: number | undefined;
  /** JSON schema that the text must fit. A model that cannot guarantee it throws UNSUPPORTED_SCHEMA. */
  readonly schema?: object | undefined;
  /** Whether the text must be a JSON object. */
  readonly json?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A possible token with its probability. */
export interface WrittenLikelyToken {
  readonly id: number;
  readonly text: string;
  readonly logprob: number;
}

/** A token of a text, or its end. */
export type WrittenEvent =
  | {
      readonly type: "token";
      readonly id: number;
      readonly text: string;
      readonly logprob?: number;
      readonly top?: readonly WrittenLikelyToken[];
    }
  | {
      readonly type: "end";
      /** The rest of the text that was held back. */
      readonly rest: string;
      readonly ids: readonly number[];
      readonly promptTokens: number;
      readonly reason: "stop" | "length";
    };

/** Limits of a writer. */
export interface WriterLimits {
  readonly maxRows?: number;
  readonly maxPositions?: number;
  readonly maxPromptTokens?: number;
  readonly maxWaiting?: number;
}

/** Writes many texts in one batch. */
export interface ServedWriter<Adapter> {
  readonly running: number;
  readonly waiting: number;
  /** Rejects a prompt that is too long to be tokenized, and a schema that is not supported, before the text waits for its turn. */
  check?(prompt: ServedPrompt, options: WriteOptions<NoInfer<Adapter>>): Promise<void>;
  write(prompt: ServedPrompt, options: WriteOptions<NoInfer<Adapter>>): AsyncGenerator<WrittenEvent, void, undefined>;
  /** Accepts no more texts; resolves when the current ones are written. */
  stop(): Promise<void>;
}

/** Default settings of generation. */
export interface ServedDefaults {
  /** Whether the model's own files set `do_sample`. If not, the temperature is 1, OpenAI's default. */
  readonly doSample: boolean;
  readonly topK?: number;
  readonly topP?: number;
  readonly maxNewTokens?: number;
  readonly stop?: readonly string[];
}

/** A model with adapters. */
export interface ServedModel<Adapter extends ServedAdapter = ServedAdapter> {
  readonly name: string;
  readonly adapters: readonly Adapter[];
  /** Defaults from the model's generation_config.json. */
  readonly defaults?: ServedDefaults;
  /** The source of the chat template, which defines how tools are written. Without this member no tools are served. */
  chatTemplate?(options: { readonly adapter: NoInfer<Adapter> | null }): Promise<string | undefined>;
  attach(folder: string, options: { readonly name: string }): Promise<Adapter>;
  writer(limits: WriterLimits): ServedWriter<Adapter> | Promise<ServedWriter<Adapter>>;
  embed(
    texts: readonly string[],
    options: {
      readonly adapter: NoInfer<Adapter> | null;
      readonly signal?: AbortSignal;
      /** How many of the first dimensions to return; default all. */
      readonly dimensions?: number | undefined;
      /** Receives the number of tokens read, possibly in several parts. */
      readonly onTokens?: (tokens: number) => void;
    },
  ): Promise<readonly Float32Array[]>;
}
