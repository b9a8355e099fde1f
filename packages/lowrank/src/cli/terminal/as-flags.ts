// What the library calls `maxLength` is typed as --max-length.

import { type NamedOption, named } from "../../errors/named-option.ts";
import { recipeOptions } from "../../options/all-options.ts";
import { flagName } from "../options/flag-name.ts";

const libraryOptions: Readonly<Record<NamedOption, true>> = {
  ...{ model: true, adapter: true, allowDifferentBase: true, task: true, problemType: true, template: true },
  ...{ prompt: true, pooling: true, normalise: true, engine: true, generate: true, header: true, maxLength: true },
  ...{ maxTargetLength: true, out: true, overwrite: true, resume: true, recipe: true, verifyBase: true },
  ...{ learningRate: true, warmupSteps: true, clipNorm: true, classNames: true },
  ...{ epochs: true, steps: true, validationShare: true, bestBy: true, columns: true },
};

const known: ReadonlySet<string> = new Set([...Object.keys(libraryOptions), ...recipeOptions.keys()]);

/** What a reader of data says of `columns`, `header` and `problemType`, as they are typed: --columns "prompt=mr,completion=ref". */
export function asDataFlags(message: string): string {
  return message
    .replace(/`columns: \{ (.*?) \}`/g, (_, pairs: string) => {
      const typed = [...pairs.matchAll(/(\w+): "((?:[^"\\]|\\.)*)"/g)].map(([, field, column]) => `${field}=${column}`);
      return `--columns "${typed.join(",")}"`;
    })
    .replace(/`header: \[(.*?)\]`/g, (_, names: string) => `--header ${names.replace(/[" ]/g, "")}`)
    .replaceAll(named("problemType"), flagName("problemType"));
}

/** A message of the library in the command line's words. */
export function asFlags(message: string): string {
  return message.replace(/`([a-zA-Z]+)`/g, (quoted, name: string) => (known.has(name) ? flagName(name) : quoted));
}
