// A model without its head: a list of stages, so that whatever lies below the first open door can run untaped.

import type { ForwardContext } from "@lowrank/contracts";
import type { EmbeddingSite, Part } from "@lowrank/doors";
import { withoutTape } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import { runSegments } from "./checkpoint-segments.ts";
import { type Pick, runStages, type Stage, type StageList, withPick } from "./stages.ts";

export type { Stage };

export interface Trunk extends StageList {
  /** The token embedding: what a tied head shares; absent where a model reads no text. */
  readonly tokens?: EmbeddingSite;
  readonly embed: { readonly parts: readonly Part[]; readonly run: (pass: Pass) => tf.Tensor };
  /** Highest number of positions that can be computed at all: rows of a learned table; rotations have no limit. */
  readonly positionRows?: number;
  /**
   * "mask" counts only what the mask shows (OPT); a padding id counts the other ids and begins after its own number
   * (RoBERTa); the default counts every column.
   */
  readonly positionsFrom?: "columns" | "mask" | { readonly padding: number };
}

/** The last hidden states, [batch, time, width], or those that `pick` keeps. */
export function runTrunk(whole: Trunk, pass: Pass, pick?: Pick): tf.Tensor {
  const trunk = pick === undefined ? whole : withPick(whole, pick);
  const known = trunk.decoder === undefined ? undefined : pass.decoder.cache?.source;
  if (trunk.decoder !== undefined && known !== undefined) {
    const rest = trunk.stages.slice(trunk.decoder.stage);
    return tf.tidy(() => runStages(rest, known, pass));
  }
  return tf.tidy(() => {
    const open = firstOpenStage(trunk, pass.context);
    if (open < 0) return runSegments(trunk, { open, hidden: trunk.embed.run(pass), pass });
    const frozen = withoutTape(() =>
      tf.tidy(() => runStages(trunk.stages.slice(0, open), trunk.embed.run(pass), pass)),
    );
    return runSegments(trunk, { open, hidden: frozen, pass });
  });
}

/** Index of the first stage that computes with anything but frozen weights; −1 if already the embedding does. */
function firstOpenStage({ embed, stages }: Trunk, context: ForwardContext): number {
  const isOpen = ({ parts }: { readonly parts: readonly Part[] }) => parts.some((part) => part.isOpen(context));
  if (isOpen(embed)) return -1;
  const first = stages.findIndex(isOpen);
  return first < 0 ? stages.length : first;
}
