// A model without its head: a list of stages, so that whatever lies below the first open door can run untaped.

import type { ForwardContext } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { runSegments } from "./checkpoint-segments.ts";
import type { EmbeddingSite } from "./embedding-site.ts";
import type { Pass } from "./pass.ts";
import { lastMixing, type Pick, runPicked, runStages, type Stage, type StageList } from "./stages.ts";
import type { Part } from "./weight-slot.ts";

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

/**
 * The last hidden states, [batch, time, width], or those that `pick` keeps, without computing the others where a position
 * needs no other: most of the last block.
 */
export function runTrunk(trunk: Trunk, pass: Pass, pick?: Pick): tf.Tensor {
  return tf.tidy(() => {
    const { stages, decoder } = trunk;
    const end = pick === undefined ? stages.length : Math.max(0, lastMixing(stages));
    const known = decoder && pass.decoder.cache?.source;
    if (decoder && known)
      return runRest(trunk, runStages(stages.slice(decoder.stage, end), known, pass), { pass, pick });
    const open = firstOpenStage(trunk, pass.context);
    if (open < 0) {
      const states = runSegments(trunk, { open, end, hidden: trunk.embed.run(pass), pass });
      return runRest(trunk, states, { pass, pick });
    }
    const prefix = () => tf.tidy(() => runStages(stages.slice(0, Math.min(open, end)), trunk.embed.run(pass), pass));
    const states = runSegments(trunk, { open, end, hidden: withoutTape(prefix), pass });
    return runRest(trunk, states, { pass, pick, isFrozen: open > end });
  });
}

interface Rest {
  readonly pass: Pass;
  readonly pick: Pick | undefined;
  /** Whether the last block computes with frozen weights alone. */
  readonly isFrozen?: boolean;
}

/** From the states before the last block, if `pick` left it out, to those that it keeps. */
function runRest({ stages }: Trunk, hidden: tf.Tensor, { pass, pick, isFrozen = false }: Rest): tf.Tensor {
  if (pick === undefined) return hidden;
  const last = lastMixing(stages);
  const block = stages[last];
  const runBlock = () => (block === undefined ? pick(hidden) : runPicked(block, hidden, pass, pick));
  return runStages(stages.slice(last + 1), isFrozen ? withoutTape(runBlock) : runBlock(), pass);
}

/** Index of the first stage that computes with anything but frozen weights; −1 if already the embedding does. */
function firstOpenStage({ embed, stages }: Trunk, context: ForwardContext): number {
  const isOpen = ({ parts }: { readonly parts: readonly Part[] }) => parts.some((part) => part.isOpen(context));
  if (isOpen(embed)) return -1;
  const first = stages.findIndex(isOpen);
  return first < 0 ? stages.length : first;
}
