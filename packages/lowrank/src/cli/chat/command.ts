// lowrank chat: a conversation with a model and its adapters.

import { defineCommand, option } from "../define-command.ts";
import { samplingOptions } from "../options/sampling-options.ts";
import { computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ChatCommandOptions } from "./run-chat.ts";

export const addChatCommand = defineCommand({
  name: "chat",
  summary: "chat with a model and its adapters",
  description:
    "Answers line by line. The first adapter answers until /adapter selects another one; /help lists the commands. Ctrl-C stops an answer, Ctrl-D ends. With --json each " +
    "line of stdin is answered by lines of JSON.",
  options: [
    "model",
    option("--adapter <paths...>", "PEFT adapter folders; name=path names one, name=path:0.7 scales it"),
    "allowDifferentBase",
    "basePrecision",
    option("--system <text>", "system prompt"),
    tableOption("template", "prompt template (default: as in training, else the model's own chat template)"),
    ...samplingOptions(512),
    tableOption("seed", "random seed of the sampling"),
    ...computing,
  ],
  examples: ['lowrank chat --model ./SmolLM2-135M-Instruct --adapter pirate=./adapter --system "You are a pirate."'],
  run: async (options: ChatCommandOptions, report) => (await import("./run-chat.ts")).runChat(options, report),
});
