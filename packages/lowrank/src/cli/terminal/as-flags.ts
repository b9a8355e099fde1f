// What the library calls `maxLength` is typed as --max-length.

import { type NamedOption, named } from "../../errors/named-option.ts";

const flags: Readonly<Record<NamedOption, string>> = {
  model: "--model",
  adapter: "--adapter",
  allowDifferentBase: "--allow-different-base",
  task: "--task",
  problemType: "--problem-type",
  template: "--template",
  prompt: "--prompt",
  pooling: "--pooling",
  engine: "--engine",
  generate: "--generate",
  header: "--header",
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

/** What a reader of data says of `columns`, `header` and `problemType`, as they are typed: --columns "prompt=mr,completion=ref". */
export function asDataFlags(message: string): string {
  return message
    .replace(/`columns: \{ (.*?) \}`/g, (_, pairs: string) => {
      const typed = [...pairs.matchAll(/(\w+): "((?:[^"\\]|\\.)*)"/g)].map(([, field, column]) => `${field}=${column}`);
      return `--columns "${typed.join(",")}"`;
    })
    .replace(/`header: \[(.*?)\]`/g, (_, names: string) => `--header ${names.replace(/[" ]/g, "")}`)
    .replaceAll(named("problemType"), flags.problemType);
}

/** A message of the library in the command line's words. */
export function asFlags(message: string): string {
  let words = message;
  for (const [option, flag] of Object.entries(flags)) words = words.replaceAll(named(option as NamedOption), flag);
  return words;
}
