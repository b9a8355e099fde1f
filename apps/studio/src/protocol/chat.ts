// A conversation with the base, the adapted model, or both.

import type { Turn } from "./rows.ts";

export type Side = "base" | "adapted";

export interface ChatRequest {
  readonly turns: readonly Turn[];
  readonly sides: readonly Side[];
  /** On the shelf. */
  readonly adapter?: string | undefined;
  /** How strongly the adapter acts: 0 is the base exactly, 1 as trained. */
  readonly strength: number;
  /** 0: the likeliest token each time. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

/** Text as it comes. `likelier`: how much likelier the adapter made this piece, as a difference of log probabilities. */
export interface ChatNews {
  readonly side: Side;
  readonly text: string;
  readonly likelier?: number | undefined;
}

export interface ChatAnswer {
  readonly texts: Readonly<Partial<Record<Side, string>>>;
  readonly wasStopped: boolean;
  readonly tokensPerSecond: number;
}
