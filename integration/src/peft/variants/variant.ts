// A row of the tables in this folder.

import type { LoraConfig } from "@lowrank/adapter-format";

/** An adapter that we train and write, and that PEFT and transformers have to read. */
export interface Variant {
  readonly name: string;
  /** What `openBase` opens. */
  readonly base: string;
  readonly config: Partial<LoraConfig>;
  /** Tokens added to the base's vocabulary – or, below 0, taken from it. The batch has some of them. */
  readonly addedTokens?: number;
  /** Why PEFT does not load this adapter. */
  readonly adapterIsNotRead?: string;
  /** Why there is no merged model. */
  readonly isNotMerged?: string;
}
