// The program: its commands, its version, its output. Nothing is computed here.

import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addChatCommand } from "./chat/command.ts";
import { addCombineCommand } from "./combine/command.ts";
import { addDataCommand } from "./data/command.ts";
import type { AddCommand } from "./define-command.ts";
import { addDiffCommand } from "./diff/command.ts";
import { addDoctorCommand } from "./doctor/command.ts";
import { addEmbedCommand } from "./embed/command.ts";
import { addEvaluateCommand } from "./evaluate/command.ts";
import { addExportCommand } from "./export/command.ts";
import { addExtractCommand } from "./extract/command.ts";
import { addGenerateCommand } from "./generate/command.ts";
import { addInitCommand } from "./init/command.ts";
import { addInspectCommand } from "./inspect/command.ts";
import type { CommandIo } from "./io.ts";
import { programName } from "./io.ts";
import { addMergeCommand } from "./merge/command.ts";
import { helpLine } from "./options/help-lines.ts";
import { refuseRepeats, usageMessage } from "./options/usage-messages.ts";
import { addPlanCommand } from "./plan/command.ts";
import { addPredictCommand } from "./predict/command.ts";
import { addPushCommand } from "./push/command.ts";
import { addReduceCommand } from "./reduce/command.ts";
import { addServeCommand } from "./serve/command.ts";
import { addSweepCommand } from "./sweep/command.ts";
import { addTrainCommand } from "./train/command.ts";
import { addTuneCommand } from "./tune/command.ts";

const firstSteps = `Examples:
  lowrank train --model ./base --data pairs.jsonl --out ./adapter --epochs 3
  lowrank generate --adapter ./adapter --prompt "…"    (an adapter remembers its base)
  lowrank serve --model ./base --adapter mine=./adapter`;

/** Builds the command line, with `more` commands for tests. Parsing it runs a command; wrong usage throws commander's CommanderError. */
export function createProgram(io: CommandIo, more: readonly AddCommand[] = []): Command {
  const name = programName(io);
  const program = new Command("lowrank")
    .description("LoRA fine-tuning for TypeScript: PEFT adapters in, PEFT adapters out.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ optionDescription: helpLine })
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      outputError: (text, write) => write(usageError(text, name)),
    })
    .showSuggestionAfterError()
    .allowExcessArguments(false)
    .addHelpText("after", `\n${firstSteps}`)
    .addHelpText(
      "after",
      `\nExit codes: 0 ok, 1 failed, 2 wrong usage, 130 interrupted,\n129 terminal closed, 138 preempted (SIGUSR1; saved, resume later), 141 stdout closed.`,
    );
  const add = [
    addTrainCommand,
    addTuneCommand,
    addSweepCommand,
    addPlanCommand,
    addDataCommand,
    addGenerateCommand,
    addChatCommand,
    addServeCommand,
    addEvaluateCommand,
    addPredictCommand,
    addEmbedCommand,
    addMergeCommand,
    addCombineCommand,
    addReduceCommand,
    addExtractCommand,
    addDiffCommand,
    addExportCommand,
    addPushCommand,
    addInitCommand,
    addInspectCommand,
    addDoctorCommand,
    ...more,
  ];
  for (const addCommand of add) addCommand(program, io);
  for (const command of program.commands) {
    refuseRepeats(command);
    command.configureOutput({
      outputError: (text, write) => write(usageError(usageMessage(text, command), `${name} ${command.name()}`)),
    });
  }
  return program;
}

function usageError(message: string, command: string): string {
  return `${message.trimEnd()}\n${command} --help lists all options.\n`;
}
