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

type Facts = Readonly<Record<string, unknown>>;

/** An error with a code of its own and its facts as fields, for what nobody catches by class. A fact `cause` is the error's cause. */
export function failure<Own extends Facts>(code: string, message: string, facts: Own): LowrankError & Own {
  return Object.assign(new LowrankError(code, message, facts), facts);
}

/** The same with a message that names options. */
export function namingFailure<Own extends Facts>(code: string, message: string, facts: Own): NamingError & Own {
  return Object.assign(new NamingError(code, message, facts), facts, { name: "LowrankError" });
}
