// Options of training on rows of answers that people judged.

import { type Command, Option } from "commander";
import { given } from "../../given.ts";
import { numberIn } from "./parse-values.ts";

/** As they are typed. */
export interface PreferenceFlags {
  readonly beta?: number;
  readonly margin?: number;
  readonly desirableWeight?: number;
  readonly undesirableWeight?: number;
}

/** Adds them as a group of their own. */
export function addPreferenceOptions(command: Command): Command {
  return command
    .optionsGroup("Preferences:")
    .addOption(
      new Option("--beta <number>", "how much the reward of an answer weighs (default: 0.1, for simpo 2)").argParser(
        numberIn({ above: 0 }),
      ),
    )
    .addOption(
      new Option("--margin <number>", "by how much the better answer is to lead, for simpo (default: 1)").argParser(
        numberIn({ min: 0 }),
      ),
    )
    .addOption(weight("--desirable-weight <number>", "how much good answers weigh, for kto (default: 1)"))
    .addOption(weight("--undesirable-weight <number>", "how much bad answers weigh, for kto (default: 1)"));
}

function weight(flags: string, help: string): Option {
  return new Option(flags, help).argParser(numberIn({ min: 0 }));
}

/** As the library takes them. */
export function preferenceFlags({
  beta,
  margin,
  desirableWeight,
  undesirableWeight,
}: PreferenceFlags): PreferenceFlags {
  return given({ beta, margin, desirableWeight, undesirableWeight });
}
