// The program's shape: its commands, its version, where it prints. Nothing is computed here.

import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addChatCommand } from "./commands/chat.ts";
import { addDataCommand } from "./commands/data.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEmbedCommand } from "./commands/embed.ts";
import { addEvaluateCommand } from "./commands/evaluate.ts";
import { addExportCommand } from "./commands/export.ts";
import { addForwardCommand } from "./commands/forward.ts";
import { addGenerateCommand } from "./commands/generate.ts";
import { addInitCommand } from "./commands/init.ts";
import { addInspectCommand } from "./commands/inspect.ts";
import { addMergeCommand } from "./commands/merge.ts";
import { addPlanCommand } from "./commands/plan.ts";
import { addPredictCommand } from "./commands/predict.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addTrainCommand } from "./commands/train.ts";
import type { CommandIo } from "./io.ts";
import { withOurName } from "./options/other-names.ts";
import { refuseRepeats } from "./options/refuse-repeats.ts";

/** Builds the command line. Parsing it runs a command; wrong usage throws commander's CommanderError. */
export function createProgram(io: CommandIo): Command {
  const program = new Command("lowrank")
    .description("LoRA fine-tuning for TypeScript: PEFT adapters in, PEFT adapters out.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr, outputError: printUsageError })
    .showSuggestionAfterError()
    .allowExcessArguments(false)
    .addHelpText("after", `\nExample:\n  lowrank train --model ./tiny --data pairs.jsonl --out ./adapter --steps 100`)
    .addHelpText(
      "after",
      `\nExit codes: 0 ok, 1 failed, 2 wrong usage, 130 interrupted,\n129 terminal closed, 141 nobody reads stdout any more.`,
    );
  const add = [
    addTrainCommand,
    addPlanCommand,
    addDataCommand,
    addGenerateCommand,
    addChatCommand,
    addServeCommand,
    addEvaluateCommand,
    addPredictCommand,
    addEmbedCommand,
    addMergeCommand,
    addExportCommand,
    addInitCommand,
    addInspectCommand,
    addForwardCommand,
    addDoctorCommand,
  ];
  for (const addCommand of add) addCommand(program, io);
  for (const command of program.commands) {
    refuseRepeats(command);
    command.configureOutput({ outputError: (text, write) => printUsageError(withOurName(text, command), write) });
  }
  return program;
}

function printUsageError(message: string, write: (text: string) => void): void {
  write(`${message.trimEnd()}\nRun the command with --help to see what it takes.\n`);
}
