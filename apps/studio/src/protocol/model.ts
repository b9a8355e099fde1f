// Engines and models, as plain data for the page.

export type EngineName = "webgpu" | "wasm" | "cpu";

/** `base`: the page's URL, next to which are the wasm files and the tiny model. */
export interface EngineRequest {
  readonly base: string;
  readonly engine?: EngineName | undefined;
}

export interface EngineFacts {
  readonly name: EngineName;
  /** Threads of wasm; 1 if the page is not isolated from other origins. */
  readonly threads: number;
  /** Why each better engine does not run, a sentence each. */
  readonly skipped: readonly { readonly name: EngineName; readonly reason: string }[];
}

/** Where a model comes from. Files are all files of a folder, or a single .gguf. */
export type ModelSource =
  | { readonly kind: "tiny" }
  | { readonly kind: "smollm2" }
  | { readonly kind: "files"; readonly files: readonly File[] };

export interface ModelEstimate {
  readonly name: string;
  readonly parameters: number;
  /** Bytes to read or download; 0 if the browser has them already. */
  readonly bytes: number;
  /** Memory for training with batches of 8 rows of 128 tokens. */
  readonly trainingBytes: number;
  /** Whether the browser keeps it for the next visit. */
  readonly isCached: boolean;
}

export interface LoadingProgress {
  readonly stage: "download" | "load";
  /** In bytes while downloading, in tensors while loading. */
  readonly done: number;
  readonly total: number;
}

export interface ModelFacts {
  readonly name: string;
  /** The base's name in an adapter's base_model_name_or_path, for other users. */
  readonly address: string | undefined;
  readonly parameters: number;
  /** Maximum number of tokens. */
  readonly positions: number;
  /** Whether it has a chat template; other models get `says ->` and the answer. */
  readonly chats: boolean;
  readonly blocks: number;
  /** Names of the linear layers in a block, as `targetModules` takes them. */
  readonly targets: readonly string[];
  readonly loadSeconds: number;
}
