// What the page and the worker say to each other. Every message is plain data.

/** What the page may ask for. */
export type Request =
  /** `base`: the page's address, beside which the model, the sample and the wasm files lie. */
  | { readonly type: "load"; readonly base: string }
  | { readonly type: "train"; readonly settings: TrainingSettings }
  | { readonly type: "stop" }
  | { readonly type: "answer"; readonly prompt: string }
  | { readonly type: "download" }
  | { readonly type: "logits"; readonly inputIds: readonly number[] }
  | { readonly type: "memory" };

export interface TrainingSettings {
  readonly rank: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** What the tab holds once it has loaded. */
export interface SessionSummary {
  readonly engine: string;
  /** Why each better engine does not run. */
  readonly passedOver: readonly string[];
  readonly parameters: number;
  readonly prompt: string;
}

/** What the worker tells the page. */
export type Report =
  | ({ readonly type: "ready" } & SessionSummary)
  | { readonly type: "planned"; readonly sites: number; readonly trainable: number; readonly share: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
    }
  | { readonly type: "validated"; readonly when: "before" | "after"; readonly loss: number }
  /** A run that was stopped before its first step leaves the adapter that was there. */
  | { readonly type: "trained"; readonly stopped: boolean; readonly steps: number }
  | { readonly type: "answered"; readonly side: "base" | "adapted"; readonly text: string; readonly isLast: boolean }
  | { readonly type: "adapter"; readonly zip: Uint8Array }
  | { readonly type: "logits"; readonly values: Float32Array }
  | { readonly type: "memory"; readonly tensors: number; readonly bytes: number }
  | { readonly type: "failed"; readonly during: Request["type"]; readonly message: string };
