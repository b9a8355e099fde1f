// Options of learning from a teacher, or of staying near the base.

import { type Command, Option } from "commander";
import { given } from "../../given.ts";
import type { DistillationChoices } from "../../learn/distillation-plan.ts";
import { numberIn } from "./parse-values.ts";

/** As they are typed. */
export interface DistillationFlags extends Omit<DistillationChoices, "teacher"> {
  /** A model's folder, file or name. */
  readonly teacher?: string;
}

/** Adds them as a group of their own. */
export function addDistillationOptions(command: Command): Command {
  const option = (flags: string, help: string) => new Option(flags, help);
  return command
    .optionsGroup("Distillation:")
    .addOption(
      option(
        "--keep-base <weight>",
        "how much it weighs that the model moves away from its base (default: 0)",
      ).argParser(numberIn({ min: 0 })),
    )
    .addOption(option("--teacher <model>", "a model with the same tokenizer whose tokens are to be imitated"))
    .addOption(
      option("--teacher-share <share>", "how much of the loss is the teacher's (default: 0.5)").argParser(
        numberIn({ min: 0, max: 1 }),
      ),
    )
    .addOption(
      option("--divergence <direction>", "forward or reverse KL from teacher or base (default: forward)").choices([
        "forward",
        "reverse",
      ]),
    )
    .addOption(
      option(
        "--divergence-temperature <number>",
        "what the logits of both sides are divided by (default: 1)",
      ).argParser(numberIn({ above: 0 })),
    );
}

/** As the library takes them; the teacher is still to be opened. */
export function distillationFlags(flags: DistillationFlags): Omit<DistillationChoices, "teacher"> {
  const { keepBase, teacherShare, divergence, divergenceTemperature } = flags;
  return given({ keepBase, teacherShare, divergence, divergenceTemperature });
}
