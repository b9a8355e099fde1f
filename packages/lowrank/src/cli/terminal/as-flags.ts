// Replaces the library's option names in messages by flags: `maxLength` becomes --max-length.

import { named, otherOptions } from "../../errors/named-option.ts";
import { recipeOptions } from "../../options/all-options.ts";

const options: ReadonlySet<string> = new Set([...otherOptions, ...recipeOptions.keys()]);

/** Replaces `columns`, `header` and `problemType` in messages of data readers by flags: --columns "prompt=mr,completion=ref". */
export function asDataFlags(message: string): string {
  return message
    .replace(/`columns: \{ (.*?) \}`/g, (_, pairs: string) => {
      const typed = [...pairs.matchAll(/(\w+): "((?:[^"\\]|\\.)*)"/g)].map(([, field, column]) => `${field}=${column}`);
      return `--columns "${typed.join(",")}"`;
    })
    .replace(/`header: \[(.*?)\]`/g, (_, names: string) => `--header ${names.replace(/[" ]/g, "")}`)
    .replaceAll(named("problemType"), flagName("problemType"));
}

export function asFlags(message: string): string {
  return message.replace(/`([a-zA-Z]+)`/g, (quoted, name: string) => (options.has(name) ? flagName(name) : quoted));
}

export function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
