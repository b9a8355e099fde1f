// Settings and runs, as the page and the worker both have them.

import type { Row } from "./rows.ts";

export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Names of linear layers, or all of them. */
  readonly targets: readonly string[] | "all-linear";
  readonly dropout: number;
  readonly useDora: boolean;
  readonly start: "gaussian" | "kaiming" | "pissa" | "olora" | "orthogonal";
}

/** The settings of a plan, the number of rows, and the largest training step. */
export interface PlanRequest {
  readonly adapter: AdapterSettings;
  readonly rows: number;
  readonly step: { readonly rows: number; readonly tokens: number };
}

export interface PlanFacts {
  /** Layers adapted: block (undefined: outside the blocks), name, parameters. */
  readonly sites: readonly {
    readonly block: number | undefined;
    readonly target: string;
    readonly parameters: number;
  }[];
  readonly trainable: number;
  readonly share: number;
  /** Size of adapter_model.safetensors. */
  readonly fileBytes: number;
  /** Estimated memory during training. */
  readonly trainingBytes: number;
  /** The library's defaults for this model and this number of rows. */
  readonly training: Pick<TrainingSettings, "steps" | "batchSize" | "learningRate" | "validationShare">;
}

export interface TrainingSettings {
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: "cosine" | "linear" | "constant";
  readonly seed: number;
  /** Share of the rows that are held out and measured; 0 for none. */
  readonly validationShare: number;
  /**
   * A function of a RatedText, in JavaScript: the run learns from its values (GRPO) instead of the answers. It may come from a link,
   * so it runs only in the sandbox.
   */
  readonly reward?: string | undefined;
}

/** A text that the model wrote during a run. */
export interface RatedText {
  readonly prompt: string;
  readonly completion: string;
  /** The row's answer. */
  readonly answer: string;
}

/** The rewards of texts, or why there are none. */
export interface Ratings {
  readonly values?: readonly number[] | undefined;
  readonly problem?: string | undefined;
}

export interface RunRequest {
  readonly rows: readonly Row[];
  readonly adapter: AdapterSettings;
  readonly training: TrainingSettings;
  /** A prompt that is answered every few steps; undefined: no filmstrip. */
  readonly watched?: string | undefined;
  /** The base's answer to it where that is recorded; undefined: the base writes it before the first step. */
  readonly watchedBase?: string | undefined;
  /** The name on the shelf. */
  readonly name: string;
  /** An unfinished run to continue, with its own rows and settings. */
  readonly resume?: string | undefined;
  /** Goes back to a saved step of that run and continues from there, with this learning rate: after a divergence. */
  readonly from?: { readonly step: number; readonly learningRate: number } | undefined;
}

/** The answer to the watched prompt at a step. */
export interface Frame {
  readonly step: number;
  readonly text: string;
  /** Whether it is from a recording, and not from this run. */
  readonly isRecorded?: boolean | undefined;
}

export type TrainingProgress =
  | { readonly type: "started"; readonly run: string; readonly step: number; readonly steps: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly tokensPerSecond: number;
      readonly secondsLeft: number;
      /** Mean of the step, in a run with a reward. */
      readonly reward?: number | undefined;
    }
  /** Texts for the page to rate; the call `rated` has its answer. */
  | { readonly type: "rate"; readonly reward: string; readonly texts: readonly RatedText[] }
  | { readonly type: "validated"; readonly step: number; readonly loss: number }
  /** A frame as it is written: its text so far. */
  | { readonly type: "frame"; readonly frame: Frame; readonly isWhole: boolean }
  | { readonly type: "paused" }
  | { readonly type: "kept"; readonly step: number }
  /** The browser has no space: training continues, but a reload would lose it. */
  | { readonly type: "not-kept"; readonly step: number };

export interface RunResult {
  readonly run: string;
  readonly reason: "finished" | "stopped" | "diverged";
  readonly steps: number;
  /** The adapter's id on the shelf; undefined if no step was made. */
  readonly adapter: string | undefined;
  /** After a divergence: the last saved step. */
  readonly lastGood?: number | undefined;
  /** The library's findings about the run, in English; empty for a healthy run. */
  readonly findings?: readonly string[] | undefined;
}

export interface UnfinishedRun {
  readonly run: string;
  readonly name: string;
  readonly model: string;
  /** The model of the run. */
  readonly source: "tiny" | "smollm2" | "files";
  readonly step: number;
  readonly steps: number;
  /** The prompt of its filmstrip. */
  readonly watched?: string | undefined;
  /** The events so far, so that the page can draw them again. */
  readonly progress: readonly TrainingProgress[];
}
