// Plans the next round of a running batch: which texts leave, and which waiting ones join, first come, first served. It is
// decided before anything is computed.

/** How much may be computed at one time. */
export interface BatchLimits {
  /** Texts that are written at one time. */
  readonly maxRows: number;
  /** Maximum number of cached positions: rows times the maximum length of the longest text. */
  readonly maxPositions: number;
  /** Tokens of prompts that are read in one round, while the others wait. A longer prompt is read by itself. */
  readonly maxPromptTokens: number;
}

/** A text as the plan sees it. */
interface PlannedText {
  readonly promptTokens: number;
  /** Texts with the same prompt share its reading. Absent: a prompt of its own. */
  readonly prompt?: unknown;
  readonly maxNewTokens: number;
}

interface RunningText extends PlannedText {
  readonly isOver: boolean;
}

export interface BatchState {
  readonly running: readonly RunningText[];
  /** Oldest first. */
  readonly waiting: readonly PlannedText[];
}

export interface RoundPlan {
  /** Numbers of the running texts that stay. */
  readonly stay: readonly number[];
  /** How many of the waiting texts join, from the oldest on. */
  readonly join: number;
}

/** A text that needs more than the whole room runs alone; no text overtakes one that waits for room. */
export function planRound({ running, waiting }: BatchState, limits: BatchLimits): RoundPlan {
  const stay = [...running.keys()].filter((row) => running[row]?.isOver === false);
  let rows = stay.length;
  let longest = Math.max(0, ...stay.map((row) => positionsOf(running[row])));
  let [join, longestPrompt] = [0, 0];
  const prompts = new Set<unknown>();
  for (const text of waiting) {
    longest = Math.max(longest, positionsOf(text));
    longestPrompt = Math.max(longestPrompt, text.promptTokens);
    const fits = rows < limits.maxRows && (rows + 1) * longest <= limits.maxPositions;
    prompts.add(text.prompt ?? text);
    const isRead = prompts.size * longestPrompt <= limits.maxPromptTokens; // padding counts
    if (rows > 0 && !(fits && (isRead || join === 0))) break;
    rows += 1;
    join += 1;
  }
  return { stay, join };
}

function positionsOf(text: PlannedText | undefined): number {
  return text === undefined ? 0 : text.promptTokens + text.maxNewTokens;
}
