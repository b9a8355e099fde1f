// What is served, as far as HTTP has to know it: an `OpenedModel` of the package lowrank is one.

/** A message of a conversation. */
export interface ServedMessage {
  readonly role: string;
  readonly content: string;
}

/** A text to go on with, or a conversation to be answered. */
export type ServedPrompt = string | { readonly messages: readonly ServedMessage[] };

/** An adapter of the model. */
export interface ServedAdapter {
  readonly name: string;
  dispose(): void;
}

/** How a text is to be written. */
export interface WriteOptions<Adapter> {
  /** Null for the base. */
  readonly adapter: Adapter | null;
  readonly template?: string | undefined;
  readonly maxNewTokens: number;
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** How many likeliest tokens are told beside each. */
  readonly logprobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A token that might have come. */
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
      /** What was held back of it. */
      readonly rest: string;
      readonly ids: readonly number[];
      readonly promptTokens: number;
      readonly reason: "stop" | "length";
    };

/** How much is written at one time. */
export interface WriterLimits {
  readonly maxRows?: number;
  readonly maxPositions?: number;
  readonly maxPromptTokens?: number;
  readonly maxWaiting?: number;
}

/** Writes many texts at one time. */
export interface ServedWriter<Adapter> {
  readonly running: number;
  readonly waiting: number;
  /** Rejects for a prompt that is too long to be tokenized, before it waits for its turn. */
  check?(prompt: ServedPrompt, options: { readonly adapter: NoInfer<Adapter> | null }): Promise<void>;
  write(prompt: ServedPrompt, options: WriteOptions<NoInfer<Adapter>>): AsyncGenerator<WrittenEvent, void, undefined>;
  /** Takes no more; resolves when what was begun is written. */
  stop(): Promise<void>;
}

/** How texts are written where a request does not say it. */
export interface ServedDefaults {
  /** Whether the model's own files have tokens sampled. If not, the temperature is 1, OpenAI's default. */
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
  /** What the model's files say (generation_config.json). */
  readonly defaults?: ServedDefaults;
  attach(folder: string, options: { readonly name: string }): Promise<Adapter>;
  writer(limits: WriterLimits): ServedWriter<Adapter> | Promise<ServedWriter<Adapter>>;
  embed(
    texts: readonly string[],
    options: {
      readonly adapter: NoInfer<Adapter> | null;
      readonly signal?: AbortSignal;
      /** Hears how many tokens of the texts were read, in as many parts as it likes. */
      readonly onTokens?: (tokens: number) => void;
    },
  ): Promise<readonly Float32Array[]>;
}
