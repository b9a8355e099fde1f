// What leaves the tab.

export interface TakeHomeRequest {
  readonly id: string;
  readonly form: "peft" | "merged" | "gguf";
}

/** Of a merged model, which is written in parts. */
export interface TakeHomeNews {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface TakeHomeFile {
  readonly name: string;
  /** Lies in memory or on the browser's disk; a link to it is a download. */
  readonly blob: Blob;
}
