// Everything that the page may ask of the worker: one row a call, with what goes in, what comes while it goes on, and what
// comes back. All of it is plain data.

import type { ChatAnswer, ChatNews, ChatRequest, ConversationLength } from "./chat.ts";
import type { EngineFacts, EngineRequest, LoadingNews, ModelEstimate, ModelFacts, ModelSource } from "./model.ts";
import type { AdapterPicture, Similarity, SingularValues } from "./picture.ts";
import type { CheckedRow, Row, RowsSource, Turn } from "./rows.ts";
import type { PlanFacts, PlanRequest, RunRequest, RunResult, TrainingNews, UnfinishedRun } from "./run.ts";
import type { MixRequest, ShelfEntry } from "./shelf.ts";

/** A question, the news while it is worked on, and the answer. */
interface Call<Ask, Answer, News = never> {
  readonly ask: Ask;
  readonly news: News;
  readonly answer: Answer;
}

export interface Calls {
  /** Starts an engine; asked once, and again where a person chooses another. */
  start: Call<EngineRequest, EngineFacts>;
  /** What a model would take, before anything of its weights is read. */
  weigh: Call<ModelSource, ModelEstimate>;
  /** Loads a model in place of the one before, which stays where this fails. */
  open: Call<ModelSource, ModelFacts, LoadingNews>;
  /** Rows for the table; nothing of a file where one row of it is broken. */
  readRows: Call<RowsSource, readonly Row[]>;
  /** How the rows look to the model: tokens, what the loss counts, what is wrong with them. */
  checkRows: Call<readonly Row[], readonly CheckedRow[]>;
  /** What an adapter of these settings would be. */
  plan: Call<PlanRequest, PlanFacts>;
  /** Seconds that one step takes with these rows and settings, and its tokens; what is made for it is thrown away. */
  timeStep: Call<RunRequest, { readonly seconds: number; readonly tokens: number }>;
  train: Call<RunRequest, RunResult, TrainingNews>;
  /** These three reach a run that is going on, at once. */
  pause: Call<undefined, undefined>;
  continue: Call<undefined, undefined>;
  stop: Call<undefined, undefined>;
  /** A run that was ended by a reload or a crash, if there is one; it goes on by `train` with its `resume`. */
  unfinished: Call<undefined, UnfinishedRun | undefined>;
  forget: Call<{ readonly run: string }, undefined>;
  chat: Call<ChatRequest, ChatAnswer, ChatNews>;
  stopChat: Call<undefined, undefined>;
  /** While a person types: of the conversation with what stands in the field. */
  countTokens: Call<readonly Turn[], ConversationLength>;
  shelf: Call<undefined, readonly ShelfEntry[]>;
  addAdapter: Call<{ readonly files: readonly File[] } | { readonly repository: string }, ShelfEntry>;
  rename: Call<{ readonly id: string; readonly name: string }, ShelfEntry>;
  duplicate: Call<{ readonly id: string }, ShelfEntry>;
  /** Deleted adapters stay in storage until the next start: `restore` brings one back. */
  remove: Call<{ readonly id: string }, undefined>;
  restore: Call<{ readonly id: string }, ShelfEntry>;
  mix: Call<MixRequest, ShelfEntry>;
  picture: Call<{ readonly id: string }, AdapterPicture>;
  singularValues: Call<{ readonly id: string; readonly site: string }, SingularValues>;
  similarity: Call<{ readonly first: string; readonly second: string }, Similarity>;
  takeHome: Call<TakeHomeRequest, TakeHomeFile, TakeHomeNews>;
  /** For the console and the tests: logits [time · vocabulary] of a row of token ids. */
  logits: Call<
    {
      readonly inputIds: readonly number[];
      readonly adapter?: string | undefined;
      readonly strength?: number | undefined;
    },
    Float32Array
  >;
  /** `heapBytes`: of WebAssembly, however much of it is in use; 0 on other engines. */
  memory: Call<undefined, { readonly tensors: number; readonly bytes: number; readonly heapBytes: number }>;
}

export type CallName = keyof Calls;

/** What travels to the worker; the answer comes back by the port that goes along. */
export interface Question<Name extends CallName = CallName> {
  readonly name: Name;
  readonly ask: Calls[Name]["ask"];
}

/** What travels back. `code` is a LowrankError's, for the page to know what it can offer. */
export type Reply<Name extends CallName = CallName> =
  | { readonly type: "news"; readonly news: Calls[Name]["news"] }
  | { readonly type: "answer"; readonly answer: Calls[Name]["answer"] }
  | { readonly type: "failed"; readonly message: string; readonly code?: string };

export interface TakeHomeRequest {
  readonly id: string;
  /** The adapter as PEFT has it, the same for llama.cpp, or the whole model with it folded in. */
  readonly form: "peft" | "gguf" | "merged";
}

/** Of a merged model, which is written in parts. `totalBytes`: about. */
export interface TakeHomeNews {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface TakeHomeFile {
  readonly name: string;
  /** Lies in memory or on the browser's disk; a link to it is a download. */
  readonly blob: Blob;
}
