// The worker's state: an engine, a model, its storage, and perhaps a run.

import type { OpenedModel } from "lowrank/browser";
import type { EngineFacts, ModelFacts, ModelSource } from "../protocol/model.ts";
import type { Store } from "../storage/store.ts";
import type { TinyFiles } from "./models/tiny.ts";
import type { PageRewards } from "./training/page-rewards.ts";
import type { RunControl } from "./training/run-control.ts";

/** The open model, and the facts that the page shows of it. */
export interface LoadedModel {
  readonly source: ModelSource;
  readonly facts: ModelFacts;
  readonly opened: OpenedModel;
  /** Memory of its weights. */
  readonly weightBytes: number;
}

export class WorkerState {
  /** The page's address. */
  base: URL | undefined;
  engine: EngineFacts | undefined;
  model: LoadedModel | undefined;
  /** The tiny model's files, requested as soon as the page's URL is known. */
  tiny: TinyFiles | undefined;
  /** Why the GPU was lost, if it was. */
  lostDevice: string | undefined;
  /** Stops the current chat. */
  chatting: AbortController | undefined;
  /** Pauses, continues or stops the current run. */
  run: RunControl | undefined;
  /** The rewards that the run waits for. */
  rewards: PageRewards | undefined;

  constructor(
    /** Runs and adapters. They are there on the next visit if the browser allows storage. */
    readonly store: Store,
    /** The clock, in milliseconds, that decides how often a run is saved. */
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The model. Throws if none is open. */
  get loaded(): LoadedModel {
    if (this.model === undefined) throw new Error("There is no model: it is still loading, or it could not be loaded.");
    return this.model;
  }
}
