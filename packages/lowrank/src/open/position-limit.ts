// The maximum length of a row for a model. A configuration has 0 if its family has no limit (T5's relative positions).

import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import { named } from "../errors/named-option.ts";
import { UsageError } from "../errors/usage-errors.ts";

export type PositionFacts = Pick<ModelConfig, "maxPositions" | "modelType" | "padTokenId">;

/** Number of tokens that the model has positions for; Infinity without a limit. */
export function positionLimit({ maxPositions, modelType, padTokenId }: PositionFacts): number {
  if (maxPositions === 0) return Number.POSITIVE_INFINITY;
  // The first two of RoBERTa's 514 rows belong to no token.
  return familyOf(modelType).positionsAfterPadding ? Math.max(1, maxPositions - (padTokenId ?? 1) - 1) : maxPositions;
}

/** The longest rows by default: enough for instructions, small enough for a laptop. */
export const defaultMaxLength = 512;

export interface PositionedModel {
  readonly config: PositionFacts;
  sites(): readonly { readonly path: string }[];
}

/** The maximum length of rows. Throws a UsageError if it exceeds the position table, where a long row would end the run. */
export function maxLengthFor(
  model: PositionedModel,
  requested: number | undefined,
  option: Parameters<typeof named>[0] = "maxLength",
): number {
  const limit = positionLimit(model.config);
  if (requested === undefined) return Math.min(defaultMaxLength, limit);
  if (requested <= limit || !hasPositionTable(model)) return requested;
  throw new UsageError(`${named(option)} ${requested} is too large: the model has positions for ${limit} tokens.`);
}

export interface RowLengths {
  readonly maxLength: number;
  /** Maximum length of the decoder's text; only for encoder–decoders that generate text. */
  readonly maxTargetLength?: number;
}

/** Both limits. Throws UsageError as `maxLengthFor`, and for a target length if the model does not generate text. */
export function rowLengths(
  model: PositionedModel & { readonly task: Task },
  requested: { readonly maxLength?: number | undefined; readonly maxTargetLength?: number | undefined },
): RowLengths {
  const maxLength = maxLengthFor(model, requested.maxLength);
  if (model.task === "sequence-to-sequence") {
    return { maxLength, maxTargetLength: maxLengthFor(model, requested.maxTargetLength, "maxTargetLength") };
  }
  if (requested.maxTargetLength === undefined) return { maxLength };
  throw new UsageError(
    `${named("maxTargetLength")} is for encoder–decoders that generate text, but this model is for ${model.task}. Remove it.`,
  );
}

/** Rotary positions and biases continue beyond the configuration's limit; a position table does not. */
function hasPositionTable(model: PositionedModel): boolean {
  // Marian's positions are sinusoids, which are not adapted.
  const { tensors = [] } = familyOf(model.config.modelType);
  if (tensors.some(({ path }) => path === "decoder.embed_positions.weight")) return true;
  return model.sites().some(({ path }) => /(^|\.)(wpe|position_embeddings|embed_positions)$/.test(path));
}
