// How messages name an option: as a program writes it, `maxLength`. The command line makes flags of them where it prints.

import { LowrankError } from "@lowrank/contracts";

/** The options that messages of the library name. */
export type NamedOption =
  | "model"
  | "adapter"
  | "allowDifferentBase"
  | "task"
  | "problemType"
  | "classNames"
  | "template"
  | "prompt"
  | "pooling"
  | "normalise"
  | "engine"
  | "generate"
  | "header"
  | "maxLength"
  | "maxTargetLength"
  | "out"
  | "overwrite"
  | "resume"
  | "recipe"
  | "verifyBase"
  | "learningRate"
  | "epochs"
  | "steps"
  | "validationShare"
  | "bestBy"
  | "columns"
  | "warmupSteps"
  | "clipNorm";

/** The option as it stands in messages. */
export function named(option: NamedOption): string {
  return `\`${option}\``;
}

/** An error whose message may name options; those of others may quote a person's text, in which nothing is to be replaced. */
export class NamingError extends LowrankError {}
