// Messages name an option as in a program: `maxLength`. The command line prints it as a flag.

import { LowrankError } from "@lowrank/contracts";
import type { RunOptionRows } from "../options/all-options.ts";

/** Options that messages name but that are not in a recipe. */
export const otherOptions = ["prompt", "generate", "overwrite", "resume", "recipe"] as const;

/** The option as messages write it. */
export function named(option: keyof RunOptionRows | (typeof otherOptions)[number]): string {
  return `\`${option}\``;
}

/** An error whose message may name options. Other messages may quote user text, in which no name may be replaced. */
export class NamingError extends LowrankError {}

type Facts = Readonly<Record<string, unknown>>;

/** The same with a message that names options. */
export function namingFailure<Own extends Facts>(code: string, message: string, facts: Own): NamingError & Own {
  return Object.assign(new NamingError(code, message, facts), facts, { name: "LowrankError" });
}
