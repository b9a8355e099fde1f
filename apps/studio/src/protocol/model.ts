// Engines and models, as the page knows them.

export type EngineName = "webgpu" | "wasm" | "cpu";

/** `base`: the page's URL, next to which are the wasm files and the tiny model. */
export interface EngineRequest {
  readonly base: string;
  readonly engine?: EngineName | undefined;
}

export interface EngineFacts {
  readonly name: EngineName;
  /** Of wasm; 1 where the page is not isolated from other origins. */
  readonly threads: number;
  /** Why each better engine does not run, a sentence each. */
  readonly skipped: readonly { readonly name: EngineName; readonly reason: string }[];
}

/** Where a model comes from. Of files, all of a folder, or a single .gguf. */
export type ModelSource =
  | { readonly kind: "tiny" }
  | { readonly kind: "smollm2" }
  | { readonly kind: "files"; readonly files: readonly File[] };

export interface ModelEstimate {
  readonly name: string;
  readonly parameters: number;
  /** To be read or downloaded; 0 where it is kept already. */
  readonly bytes: number;
  /** Of memory while training rows of 128 tokens, 8 a batch. */
  readonly trainingBytes: number;
  /** Whether the browser keeps it for the next visit. */
  readonly isKept: boolean;
}

export interface LoadingNews {
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
  /** How many tokens fit. */
  readonly positions: number;
  /** Whether it has a chat template; other models get `says ->` and the answer. */
  readonly chats: boolean;
  readonly blocks: number;
  /** Names of the linear layers in a block, as `targetModules` takes them. */
  readonly targets: readonly string[];
  readonly loadSeconds: number;
}
