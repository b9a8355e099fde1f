// lowrank chat: a conversation with a model and its adapters.

import type { Command } from "commander";
import type { ChatCommandOptions } from "../chat/run-chat.ts";
import type { CommandIo } from "../io.ts";
import { addSamplingOptions } from "../options/sampling-options.ts";
import {
  basePrecisionOption,
  differentBaseOption,
  modelOption,
  seedOption,
  templateOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addChatCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("chat")
    .summary("talk with a model and its adapters")
    .description(
      "Answers line by line. Of several adapters the first one answers until /adapter " +
        "names another; /help lists the commands. Ctrl-C stops an answer, Ctrl-D ends. With --json each line of stdin is " +
        "answered by lines of JSON.",
    )
    .addOption(modelOption())
    .option(
      "--adapter <paths...>",
      "PEFT adapter folders, each named by its folder, or name=path; name=path:0.7 for a part",
    )
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .option("--system <text>", "tell the model what to be")
    .addOption(
      templateOption("template of the conversation (default: as in training, else the model's own chat template)"),
    );
  addSamplingOptions(command, 512);
  command.addOption(seedOption("seed of the sampling"));
  withExamples(
    withEngine(command),
    'lowrank chat --model ./SmolLM2-135M-Instruct --adapter pirate=./adapter --system "You are a pirate."',
  ).action(async (options: ChatCommandOptions) => {
    const { runChat } = await import("../chat/run-chat.ts");
    await runChat(options, createReport(io, options));
  });
}
