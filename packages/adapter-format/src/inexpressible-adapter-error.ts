// What another program's format cannot say.

import { itemised, LowrankError } from "@lowrank/contracts";

/** One thing that a format cannot hold. */
export interface Inexpressible {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** An adapter of which another program's format cannot hold everything: part of it would be lost. Lists all of it. */
export class InexpressibleAdapterError extends LowrankError {
  constructor(
    /** Whose format: "llama.cpp". */
    readonly program: string,
    readonly problems: readonly Inexpressible[],
  ) {
    const lines = problems.map(({ what, reason }) => `${what}: ${reason}`);
    super(
      "INEXPRESSIBLE_ADAPTER",
      `${program}'s format cannot hold all of this adapter:${itemised(lines)}\n` +
        "Merge it into its base instead, and use the merged model; or train an adapter without that.",
    );
  }
}
