// A conversation with the base, the adapted model, or both.

import type { Turn } from "./rows.ts";

export type Side = "base" | "adapted";

export interface ChatRequest {
  /** The person's last one last. */
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

/** Text as it comes. */
export interface ChatProgress {
  readonly side: Side;
  readonly text: string;
}

/** `likelier`: by how much the adapter raised the logarithm of the word's probability, after the same words. */
export interface Word {
  readonly text: string;
  readonly likelier: number;
}

export interface ChatAnswer {
  readonly texts: Readonly<Partial<Record<Side, string>>>;
  /** The words of the adapted answer, once it is complete. */
  readonly words: readonly Word[] | undefined;
  readonly wasStopped: boolean;
  readonly tokensPerSecond: number;
}

/** The length of a conversation, including the chat template, and its maximum. */
export interface ConversationLength {
  readonly tokens: number;
  readonly max: number;
}
