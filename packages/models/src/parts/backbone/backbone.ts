// A model without its head: a list of stages, so that everything before the first stage with an adapter runs without a tape.

import type { ForwardContext } from "@lowrank/contracts";
import type { EmbeddingSite, Part } from "@lowrank/engine/hook-points";
import { currentBackend, withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Packing, planPacking } from "../packing/plan-packing.ts";
import type { Pass } from "../pass.ts";
import { runSegments } from "./checkpoint-segments.ts";
import { numbersOf, pickFrom, pickFromPacked, type Reading } from "./picked-states.ts";
import { type PositionRules, runStages, type Stage, type StageList, type StateSelection, withPick } from "./stages.ts";

export type { Stage };

export interface Backbone extends StageList, PositionRules {
  /** The tokens that see each other, also later ones: those of an image (Gemma 3), or of a prompt (PaliGemma). */
  readonly seesWhole?: "images" | "prompt";
  /** The token embedding, which a tied head shares; absent if a model reads no text. */
  readonly tokens?: EmbeddingSite;
  readonly embed: { readonly parts: readonly Part[]; readonly run: (pass: Pass) => tf.Tensor };
  /**
   * Whether a call is computed with its padding: attention by groups of rows has no gradient for biases of distances (T5, MPNet),
   * and knows one kind of score (DeBERTa's has three).
   */
  readonly keepsPadding?: (context: ForwardContext) => boolean;
}

/** The last hidden states, [batch, time, width], or only those that `pick` selects: then padding is not computed. */
export function runBackbone(
  backbone: Backbone,
  pass: Pass,
  { pick, sharesPrefix = false }: Omit<Reading<tf.Tensor>, "finish"> = {},
): tf.Tensor {
  return tf.tidy(() => {
    if (pick === undefined) return runWhole(backbone, pass);
    const packing = packingFor(backbone, pass, { pick, sharesPrefix });
    if (packing === undefined) {
      const restrict = (fullPass: Pass) =>
        fullPass.context.tokenPositions === undefined ? fullPass : fullPass.only(numbersOf(pick, fullPass.shape[1]));
      return runWhole(
        withPick(backbone, (hidden) => pickFrom(hidden, pick), restrict),
        pass,
      );
    }
    const states = numbersOf(pick, pass.shape[1]).map((state) => packing.tokenOf[state] ?? -1);
    const picking = (hidden: tf.Tensor) => pickFromPacked(hidden, states, pick);
    return runWhole(
      withPick(backbone, picking, (packedPass) => packedPass.only(states)),
      pass.pack(packing),
    );
  });
}

/**
 * The tokens to compute, if not all positions. Cross attention and biases by distance need rows of two lengths, and a cache needs
 * rectangles. On a GPU each group of rows would need its own launches, and the mask would have to be read back first.
 */
function packingFor(
  { decoder, keepsPadding }: Backbone,
  pass: Pass,
  { pick, sharesPrefix }: { readonly pick: StateSelection; readonly sharesPrefix: boolean },
): Packing | undefined {
  const { attentionMask, inputIds, cache } = pass.inputs;
  if (keepsPadding?.(pass.context) || pass.inputs.blocks !== undefined) return undefined;
  if (decoder !== undefined || inputIds === undefined || cache !== undefined) return undefined;
  if (currentBackend()?.memory !== "process") return undefined;
  const mask = attentionMask?.dataSync() ?? new Uint8Array(inputIds.size).fill(1);
  const canShare = sharesPrefix && maySharePrefix(pass);
  return planPacking(mask, pass.shape, numbersOf(pick, pass.shape[1]), canShare ? inputIds.dataSync() : undefined);
}

/** Whether tokens have equal states if they and all tokens before them are equal, and nothing counts the tokens. */
function maySharePrefix({ inputs, context, routing }: Pass): boolean {
  const { causal, tokenTypeIds, positions } = inputs;
  const isPlain = tokenTypeIds === undefined && positions.length === 1 && context.adapters.kind !== "rows";
  return causal && isPlain && routing === undefined;
}

function runWhole(backbone: Backbone, pass: Pass): tf.Tensor {
  const cachedSource = backbone.decoder === undefined ? undefined : pass.decoder.cache?.source;
  if (backbone.decoder !== undefined && cachedSource !== undefined) {
    const rest = backbone.stages.slice(backbone.decoder.stage);
    return tf.tidy(() => runStages(rest, cachedSource, pass));
  }
  return tf.tidy(() => {
    const open = firstOpenStage(backbone, pass.context);
    if (open < 0) return runSegments(backbone, { open, hidden: backbone.embed.run(pass), pass });
    const frozen = withoutTape(() =>
      tf.tidy(() => runStages(backbone.stages.slice(0, open), backbone.embed.run(pass), pass)),
    );
    return runSegments(backbone, { open, hidden: frozen, pass });
  });
}

/** Index of the first stage that computes with anything but frozen weights; −1 if already the embedding does. */
function firstOpenStage({ embed, stages }: Backbone, context: ForwardContext): number {
  const isAdapted = ({ parts }: { readonly parts: readonly Part[] }) => parts.some((part) => part.isAdapted(context));
  if (isAdapted(embed)) return -1;
  const first = stages.findIndex(isAdapted);
  return first < 0 ? stages.length : first;
}

/** The first position of a text: 0, or the padding token's id plus 1. */
export function firstPositionOf({ positionsFrom = "columns" }: Backbone): number {
  return typeof positionsFrom === "string" ? 0 : positionsFrom.padding + 1;
}
