// The arguments of one of this repository's own commands.

import { type ParseArgsConfig, parseArgs } from "node:util";

/** `--help` and options that there are not are answered with the usage, and the process ends. */
export function typed<const Options extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: Options) {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    process.exit(2);
  }
}
