// How long a row may be for a model. A configuration says 0 where its family has no limit (T5's relative positions).

import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import { named } from "../errors/named-option.ts";
import { UsageError } from "../errors/usage-errors.ts";

export type PositionFacts = Pick<ModelConfig, "maxPositions" | "modelType" | "padTokenId">;

/** How many tokens the model has positions for; Infinity where it has no limit. */
export function positionLimit({ maxPositions, modelType, padTokenId }: PositionFacts): number {
  if (maxPositions === 0) return Number.POSITIVE_INFINITY;
  // Of RoBERTa's 514 rows the first two are no token's.
  return familyOf(modelType).positionsAfterPadding ? Math.max(1, maxPositions - (padTokenId ?? 1) - 1) : maxPositions;
}

/** The longest rows by default: enough for instructions, small enough for a laptop. */
export const defaultMaxLength = 512;

export interface PositionedModel {
  readonly config: PositionFacts;
  sites(): readonly { readonly path: string }[];
}

/** After how many tokens rows are cut. Throws a UsageError for more than a table of positions has: a long row would end the run. */
export function maxLengthFor(
  model: PositionedModel,
  asked: number | undefined,
  option: Parameters<typeof named>[0] = "maxLength",
): number {
  const limit = positionLimit(model.config);
  if (asked === undefined) return Math.min(defaultMaxLength, limit);
  if (asked <= limit || !hasPositionTable(model)) return asked;
  throw new UsageError(`${named(option)} ${asked} is too large: the model has positions for ${limit} tokens.`);
}

export interface RowLengths {
  readonly maxLength: number;
  /** Of what a decoder writes; only where the model is an encoder–decoder that writes texts. */
  readonly maxTargetLength?: number;
}

/** Both limits. Throws UsageError as `maxLengthFor`, and for a target's where the model has no texts of its own to write. */
export function rowLengths(
  model: PositionedModel & { readonly task: Task },
  asked: { readonly maxLength?: number | undefined; readonly maxTargetLength?: number | undefined },
): RowLengths {
  const maxLength = maxLengthFor(model, asked.maxLength);
  if (model.task === "sequence-to-sequence") {
    return { maxLength, maxTargetLength: maxLengthFor(model, asked.maxTargetLength, "maxTargetLength") };
  }
  if (asked.maxTargetLength === undefined) return { maxLength };
  throw new UsageError(
    `${named("maxTargetLength")} is for encoder–decoders that generate text, but this model is for ${model.task}. Remove it.`,
  );
}

/** Rotary positions and biases go on beyond what the configuration says; a table has rows or has not. */
function hasPositionTable(model: PositionedModel): boolean {
  // Marian's is of sinusoids, which nobody adapts.
  const { tensors = [] } = familyOf(model.config.modelType);
  if (tensors.some(({ path }) => path === "decoder.embed_positions.weight")) return true;
  return model.sites().some(({ path }) => /(^|\.)(wpe|position_embeddings|embed_positions)$/.test(path));
}
