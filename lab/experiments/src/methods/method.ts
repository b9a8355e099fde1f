// A method of adaptation: it opens hook points of a model and lists what it trains there.

import type { AdapterHandle } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import type { ModelInputs } from "@lowrank/models/internal";
import type { LearningRateGroup } from "@lowrank/trainer/internal";
import type * as tf from "@tensorflow/tfjs-core";

/** One row of a table of methods. */
export interface Method {
  /** Also names its files: "lora-r8". */
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly group:
    | "everything"
    | "part of the weights"
    | "added layers"
    | "virtual tokens"
    | "scaled states"
    | "low rank";
  /** For MiniLM on SST-2; `sst2-rates` searches for it. */
  readonly learningRate: number;
  /** Whether it needs a classifier, biases, or text that is seen at once: decoders that write have none of these. */
  readonly isForClassifiers?: true;
  /** Attaches it; everything drawn at random follows from the seed. */
  adapt(model: PretrainedModel, seed: number): Adapted;
}

/** A method on a model. It acts in calls that select `adapterName`. */
export interface Adapted {
  /** All trained variables, including the classifier's. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly learningRateGroups?: readonly LearningRateGroup[];
  /** Virtual tokens in front of each text or after its first token, with trained values. */
  readonly virtualTokens?: VirtualTokens;
  /** The adapter, if the method is a LoRA. */
  readonly handle?: AdapterHandle;
  dispose(): void;
}

/** How a batch is made wider. */
export interface VirtualTokens {
  /** Called in a tidy. */
  widen<Inputs extends ModelInputs>(inputs: Inputs): Inputs;
  /** Whether the model has to compute every position, padding too, so that places in a batch are known. */
  readonly byPosition: boolean;
}

/** The name that every method attaches under: a model has one at a time. */
export const adapterName = "default";
