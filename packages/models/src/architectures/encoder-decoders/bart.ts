// The wiring of BART, mBART, Marian, PEGASUS and M2M-100 (transformers' modeling_bart.py and its relatives). A part that a
// family lacks is missing in its table.

import type { EmbeddingSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { encoderDecoder } from "../../parts/backbone/encoder-decoder.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";
import { sinusoidsOf } from "../../parts/positions/sinusoids.ts";
import { bartStages, type StackName } from "./bart-blocks.ts";

/** The families with a table of positions, learned or of sinusoids. */
export function bart(model: PartList): Backbone {
  return stacks(model);
}

/** M2M-100, with sinusoids for any position, counted from the padding id. */
export function m2m100(model: PartList): Backbone {
  return stacks(model, model.plan.config.padTokenId ?? 1);
}

function stacks(model: PartList, padding?: number): Backbone {
  const { maxPositions: positionRows } = model.plan.config;
  const tokens = model.embedding("shared");
  const stack = (name: StackName) => {
    return { embed: embedding(model, name, { tokens, padding }), stages: bartStages(model, name) };
  };
  const positions = padding === undefined ? { positionRows } : { positionsFrom: { padding } };
  return encoderDecoder({ tokens, encoder: stack("encoder"), decoder: stack("decoder"), positions });
}

interface Shared {
  readonly tokens: EmbeddingSite;
  readonly padding: number | undefined;
}

function embedding(model: PartList, name: StackName, { tokens, padding }: Shared) {
  const { config } = model.plan;
  const embedGroup = model.group();
  const table = `${name}.embed_positions`;
  const run = tokenEmbedding({
    tokens: embedGroup.embedding(`${name}.embed_tokens`, tokens),
    ...(embedGroup.has(table) ? learnedPositions(embedGroup, table) : {}),
    computedPositions:
      padding === undefined ? storedPositions(embedGroup, `${table}.weight`) : sinusoidsOf(config.hiddenSize, padding),
    norm: embedGroup.optionalNorm(`${name}.layernorm_embedding`),
    dropout: { rate: config.dropouts.embedding, path: `${name}/embedding` },
  });
  return { parts: embedGroup.parts, run };
}

/** BART's tables begin with unused rows. */
function learnedPositions(embedGroup: PartList, path: string) {
  const positions = embedGroup.embedding(path);
  return { positions, positionOffset: positions.inFeatures - embedGroup.plan.config.maxPositions };
}

/** A table that is never trained, if the family has one. */
function storedPositions(embedGroup: PartList, path: string): ((pass: Pass) => tf.Tensor) | undefined {
  const table = embedGroup.optionalTensor(path);
  return table && ((pass) => tf.gather(table.value(pass.context), pass.positionIds()));
}
