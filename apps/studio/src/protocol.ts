// What the page and the worker say to each other. Every message is plain data.

/** What the page may ask for. */
export type Request =
  /** `base`: the page's address, beside which the model, the sample and the wasm files lie. */
  | { readonly type: "load"; readonly base: string }
  | { readonly type: "train"; readonly settings: TrainingSettings }
  | { readonly type: "stop" }
  | { readonly type: "answer"; readonly prompt: string }
  | { readonly type: "download" }
  | { readonly type: "logits"; readonly inputIds: readonly number[] };

export interface TrainingSettings {
  readonly rank: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** What the worker tells the page. */
export type Report =
  | { readonly type: "ready"; readonly engine: string; readonly parameters: number; readonly prompt: string }
  | { readonly type: "planned"; readonly sites: number; readonly trainable: number; readonly share: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
    }
  | { readonly type: "validated"; readonly when: "before" | "after"; readonly loss: number }
  | { readonly type: "trained"; readonly stopped: boolean }
  | { readonly type: "answered"; readonly side: "base" | "adapted"; readonly text: string }
  | { readonly type: "adapter"; readonly zip: Uint8Array }
  | { readonly type: "logits"; readonly values: Float32Array }
  | { readonly type: "failed"; readonly message: string };
