// How long a row may be for a model. A configuration says 0 where its family has no limit (T5's relative positions).

import type { ModelConfig } from "@lowrank/families";

/** How many positions the model has; Infinity where it has no limit. */
export function positionLimit({ maxPositions }: Pick<ModelConfig, "maxPositions">): number {
  return maxPositions > 0 ? maxPositions : Number.POSITIVE_INFINITY;
}

/** The longest rows by default: enough for instructions, small enough for a laptop. */
const defaultMaxLength = 512;

/** After how many tokens rows are cut: what was asked for, or the default as far as the model has positions. */
export function maxLengthFor(config: Pick<ModelConfig, "maxPositions">, asked: number | undefined): number {
  return asked ?? Math.min(defaultMaxLength, positionLimit(config));
}
