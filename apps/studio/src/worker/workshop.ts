// The worker's state: an engine, a model, its storage, and perhaps a run.

import type { OpenedModel } from "lowrank/browser";
import type { EngineFacts, ModelFacts, ModelSource } from "../protocol/model.ts";
import type { Store } from "../storage/store.ts";
import type { TinyFiles } from "./models/tiny.ts";
import type { PageRewards } from "./training/page-rewards.ts";
import type { RunControl } from "./training/run-control.ts";

/** A model as it was opened. */
export interface ModelInHand {
  readonly source: ModelSource;
  readonly facts: ModelFacts;
  readonly opened: OpenedModel;
  /** Of memory, as it is kept. */
  readonly weightBytes: number;
}

export class Workshop {
  /** The page's address. */
  base: URL | undefined;
  engine: EngineFacts | undefined;
  model: ModelInHand | undefined;
  /** The tiny model's files, requested as soon as the page's URL is known. */
  tiny: TinyFiles | undefined;
  /** Why the GPU was lost, if it was. */
  lostDevice: string | undefined;
  /** Stops the chat that is going on. */
  chatting: AbortController | undefined;
  /** Steers the run that is going on. */
  run: RunControl | undefined;
  /** The rewards that the run waits for. */
  rewards: PageRewards | undefined;

  constructor(
    /** What is there on the next visit, where the browser gives a disk: runs, adapters. */
    readonly store: Store,
    /** The clock, in milliseconds, by which a run decides how often it is kept. */
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The model; throws where none is open. */
  get opened(): ModelInHand {
    if (this.model === undefined) throw new Error("There is no model: it is still loading, or it could not be loaded.");
    return this.model;
  }
}
