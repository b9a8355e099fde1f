// What the library calls `maxLength` is typed as --max-length.

import { type NamedOption, named } from "../../errors/named-option.ts";

const flags: Readonly<Record<NamedOption, string>> = {
  model: "--model",
  adapter: "--adapter",
  allowDifferentBase: "--allow-different-base",
  task: "--task",
  template: "--template",
  prompt: "--prompt",
  pooling: "--pooling",
  engine: "--engine",
  generate: "--generate",
  maxLength: "--max-length",
  maxTargetLength: "--max-target-length",
  out: "--out",
  overwrite: "--overwrite",
  resume: "--resume",
  verifyBase: "--verify-base",
  learningRate: "--learning-rate",
  warmupSteps: "--warmup-steps",
  clipNorm: "--clip-norm",
};

/** A message of the library in the command line's words. */
export function asFlags(message: string): string {
  let words = message;
  for (const [option, flag] of Object.entries(flags)) words = words.replaceAll(named(option as NamedOption), flag);
  return words;
}
