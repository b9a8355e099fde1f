// Which rows each expert of a mixture computes: decided from the router's numbers, before anything moves.

/** A token's choices are its slots: slot token·perToken + choice. */
export interface Routing {
  readonly perToken: number;
  /** The expert of each slot. */
  readonly experts: Int32Array;
  /** Slots sorted by expert, then by token. */
  readonly order: Int32Array;
  /** The index of each slot in `order`. */
  readonly indexOfSlot: Int32Array;
  /** Experts that have rows, in order, with how many of `order` are theirs. */
  readonly groups: readonly ExpertRows[];
}

export interface ExpertRows {
  readonly expert: number;
  readonly rows: number;
}

/** Chooses the `perToken` experts with the highest scores for each token; `scores` holds one row of `experts` a token. */
export function routeTokens(scores: ArrayLike<number>, experts: number, perToken: number): Routing {
  const tokens = scores.length / experts;
  const chosen = new Int32Array(tokens * perToken);
  for (let token = 0; token < tokens; token++) {
    const row = Array.from({ length: experts }, (_, expert) => scores[token * experts + expert] ?? 0);
    chosen.set(highest(row, perToken), token * perToken);
  }
  return sortedByExpert(chosen, experts, perToken);
}

/** Indices of the highest, highest first; of equal ones the first. A NaN counts as lowest. */
function highest(row: readonly number[], count: number): readonly number[] {
  const score = (index: number) => (Number.isNaN(row[index]) ? Number.NEGATIVE_INFINITY : (row[index] ?? 0));
  const indices = [...row.keys()].sort((one, other) => score(other) - score(one) || one - other);
  return indices.slice(0, count);
}

function sortedByExpert(chosen: Int32Array, experts: number, perToken: number): Routing {
  const counts = new Int32Array(experts);
  for (const expert of chosen) counts[expert] = (counts[expert] ?? 0) + 1;
  const next = new Int32Array(experts);
  for (let expert = 1; expert < experts; expert++) next[expert] = (next[expert - 1] ?? 0) + (counts[expert - 1] ?? 0);
  const indexOfSlot = new Int32Array(chosen.length);
  const order = new Int32Array(chosen.length);
  chosen.forEach((expert, slot) => {
    const sorted = next[expert] ?? 0;
    next[expert] = sorted + 1;
    indexOfSlot[slot] = sorted;
    order[sorted] = slot;
  });
  const groups = Array.from(counts, (rows, expert) => ({ expert, rows })).filter(({ rows }) => rows > 0);
  return { perToken, experts: chosen, order, indexOfSlot, groups };
}
