// How long a row may be for a model. A configuration says 0 where its family has no limit (T5's relative positions).

import type { ModelConfig } from "@lowrank/families";
import { UsageError } from "../errors/usage-errors.ts";

/** What the limit depends on. */
type PositionFacts = Pick<ModelConfig, "maxPositions" | "modelType" | "padTokenId">;

/** How many tokens the model has positions for; Infinity where it has no limit. */
export function positionLimit({ maxPositions, modelType, padTokenId }: PositionFacts): number {
  if (maxPositions === 0) return Number.POSITIVE_INFINITY;
  // RoBERTa counts from behind the padding id: of its 514 rows the first two are no token's.
  return modelType === "roberta" ? Math.max(1, maxPositions - (padTokenId ?? 1) - 1) : maxPositions;
}

/** The longest rows by default: enough for instructions, small enough for a laptop. */
const defaultMaxLength = 512;

/** What of a loaded model says how long its rows may be. */
export interface PositionedModel {
  readonly config: PositionFacts;
  sites(): readonly { readonly path: string }[];
}

/**
 * After how many tokens rows are cut: what was asked for, or the default as far as the model has positions. Throws a
 * UsageError for more than a table of positions has: the first long row would end the run.
 */
export function maxLengthFor(model: PositionedModel, asked: number | undefined): number {
  const limit = positionLimit(model.config);
  if (asked === undefined) return Math.min(defaultMaxLength, limit);
  if (asked <= limit || !hasPositionTable(model)) return asked;
  throw new UsageError(`--max-length ${asked} is more than the ${limit} tokens that the model has positions for.`);
}

/** Rotary positions and biases go on beyond what the configuration says; a table has rows or has not. */
function hasPositionTable(model: PositionedModel): boolean {
  return model.sites().some(({ path }) => /(^|\.)(wpe|position_embeddings|embed_positions)$/.test(path));
}
