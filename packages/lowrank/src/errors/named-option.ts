// How messages name an option: as a program writes it, `maxLength`. The command line makes flags of them where it prints.

import { LowrankError } from "@lowrank/contracts";
import type { RunRows } from "../options/all-options.ts";

/** Options that messages name and that a recipe has not. */
export const otherOptions = ["prompt", "generate", "overwrite", "resume", "recipe"] as const;

/** The option as it stands in messages. */
export function named(option: keyof RunRows | (typeof otherOptions)[number]): string {
  return `\`${option}\``;
}

/** An error whose message may name options; those of others may quote a person's text, in which nothing is to be replaced. */
export class NamingError extends LowrankError {}
