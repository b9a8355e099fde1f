// All calls from the page to the worker: one row per call, with its input, its events, and its result. All of it is plain data.

import type { ChatAnswer, ChatProgress, ChatRequest, ConversationLength } from "./chat.ts";
import type { EngineFacts, EngineRequest, LoadingProgress, ModelEstimate, ModelFacts, ModelSource } from "./model.ts";
import type { AdapterPicture, Similarity, SingularValues } from "./picture.ts";
import type { CheckedRow, Row, RowsRead, RowsSource, Turn } from "./rows.ts";
import type { PlanFacts, PlanRequest, Ratings, RunRequest, RunResult, TrainingProgress, UnfinishedRun } from "./run.ts";
import type { MixRequest, ShelfEntry } from "./shelf.ts";

/** A request, its progress, and the answer. */
interface Call<Request, Answer, Progress = never> {
  readonly request: Request;
  readonly progress: Progress;
  readonly answer: Answer;
}

export interface Calls {
  /** Starts an engine; called once, and again when a person chooses another. */
  start: Call<EngineRequest, EngineFacts>;
  /** The memory that a model needs, from its headers, before weights are read. */
  weigh: Call<ModelSource, ModelEstimate>;
  /** Loads a model in place of the previous one, which stays if this fails. */
  open: Call<ModelSource, ModelFacts, LoadingProgress>;
  /** Rows for the table, and which rows of the source are broken. */
  readRows: Call<RowsSource, RowsRead>;
  /** The rows as the model reads them: tokens, trained parts, problems. */
  checkRows: Call<readonly Row[], readonly CheckedRow[]>;
  /** The plan of an adapter with these settings. */
  plan: Call<PlanRequest, PlanFacts>;
  /** Seconds and tokens of one training step with these rows and settings; its results are discarded. */
  timeStep: Call<RunRequest, { readonly seconds: number; readonly tokens: number }>;
  train: Call<RunRequest, RunResult, TrainingProgress>;
  /** These three act on the current run at once. */
  pause: Call<undefined, undefined>;
  continue: Call<undefined, undefined>;
  stop: Call<undefined, undefined>;
  /** The rewards of the texts that the run has sent. */
  rated: Call<Ratings, undefined>;
  /** A run that a reload or a crash ended, if any; `train` with its `resume` continues it. */
  unfinished: Call<undefined, UnfinishedRun | undefined>;
  forget: Call<{ readonly run: string }, undefined>;
  chat: Call<ChatRequest, ChatAnswer, ChatProgress>;
  stopChat: Call<undefined, undefined>;
  /** While the user types: length of the conversation with the text in the field. */
  countTokens: Call<readonly Turn[], ConversationLength>;
  shelf: Call<undefined, readonly ShelfEntry[]>;
  addAdapter: Call<{ readonly files: readonly File[] } | { readonly repository: string }, ShelfEntry>;
  rename: Call<{ readonly id: string; readonly name: string }, ShelfEntry>;
  /** Deleted adapters stay in storage until the next start: `restore` brings one back. */
  remove: Call<{ readonly id: string }, undefined>;
  restore: Call<{ readonly id: string }, ShelfEntry>;
  mix: Call<MixRequest, ShelfEntry>;
  picture: Call<{ readonly id: string }, AdapterPicture>;
  singularValues: Call<{ readonly id: string; readonly site: string }, SingularValues>;
  similarity: Call<{ readonly first: string; readonly second: string }, Similarity>;
  takeHome: Call<TakeHomeRequest, TakeHomeFile, TakeHomeProgress>;
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

/** The message to the worker; the answer comes through the port in it. */
export interface Question<Name extends CallName = CallName> {
  readonly name: Name;
  readonly request: Calls[Name]["request"];
}

/** The answer. `code` is that of a LowrankError, so that the page can offer a remedy. */
export type Reply<Name extends CallName = CallName> =
  | { readonly type: "progress"; readonly progress: Calls[Name]["progress"] }
  | { readonly type: "answer"; readonly answer: Calls[Name]["answer"] }
  | { readonly type: "failed"; readonly message: string; readonly code?: string };

export interface TakeHomeRequest {
  readonly id: string;
  /** The adapter as PEFT has it, the same for llama.cpp, or the whole model with it folded in. */
  readonly form: "peft" | "gguf" | "merged";
}

/** Progress of writing a merged model in parts. `totalBytes` is approximate. */
export interface TakeHomeProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface TakeHomeFile {
  readonly name: string;
  /** In memory or on the browser's disk; a link to it is a download. */
  readonly blob: Blob;
}
