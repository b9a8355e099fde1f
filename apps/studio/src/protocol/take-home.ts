// What leaves the tab.

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
