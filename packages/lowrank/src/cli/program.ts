// The program's shape: its commands, its version, where it prints. Nothing is computed here.

import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addDiffCommand } from "./algebra/diff-command.ts";
import { addExtractCommand } from "./algebra/extract-command.ts";
import { addReduceCommand } from "./algebra/reduce-command.ts";
import { addCombineCommand } from "./combine/combine-command.ts";
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
import { refuseRepeats } from "./options/refuse-repeats.ts";
import { usageMessage } from "./options/usage-messages.ts";
import { addPushCommand } from "./push/push-command.ts";
import { addSweepCommand } from "./sweep/sweep-command.ts";
import { programName } from "./terminal/program-name.ts";
import { addTuneCommand } from "./tune/tune-command.ts";

/** What most people come for, from rows to a server. */
const firstSteps = `Examples:
  lowrank train --model ./base --data pairs.jsonl --out ./adapter --epochs 3
  lowrank generate --adapter ./adapter --prompt "…"    (it remembers its base)
  lowrank serve --model ./base --adapter mine=./adapter`;

/** Builds the command line. Parsing it runs a command; wrong usage throws commander's CommanderError. */
export function createProgram(io: CommandIo): Command {
  const name = programName(io);
  const program = new Command("lowrank")
    .description("LoRA fine-tuning for TypeScript: PEFT adapters in, PEFT adapters out.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
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
      `\nExit codes: 0 ok, 1 failed, 2 wrong usage, 130 interrupted,\n129 terminal closed, 138 machine taken away (SIGUSR1), 141 nobody reads stdout any more.`,
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
    addForwardCommand,
    addDoctorCommand,
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
  return `${message.trimEnd()}\n${command} --help shows what it takes.\n`;
}
