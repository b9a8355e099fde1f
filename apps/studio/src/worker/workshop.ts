// What the worker has in its hands: an engine, a model, a shelf of adapters, and perhaps a run.

import type { OpenedModel } from "lowrank/browser";
import type { EngineFacts, ModelFacts, ModelSource } from "../protocol/model.ts";

/** A model as it was opened. */
export interface ModelInHand {
  readonly source: ModelSource;
  readonly facts: ModelFacts;
  readonly opened: OpenedModel;
}

export class Workshop {
  /** The page's address. */
  base: URL | undefined;
  engine: EngineFacts | undefined;
  model: ModelInHand | undefined;

  /** The model; throws where none is open. */
  get opened(): ModelInHand {
    if (this.model === undefined) throw new Error("There is no model yet: it is still loading, or did not load.");
    return this.model;
  }
}
