// lowrank serve: a model and its adapters over HTTP.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ServeCommandOptions } from "./run-serve.ts";

export const addServeCommand = defineCommand({
  name: "serve",
  summary: "serve a model and its adapters to OpenAI's clients",
  description:
    "Serves a base and its adapters, each under a name of its own (`model` of a request), as OpenAI's API does: " +
    "/v1/chat/completions, /v1/completions, /v1/embeddings, /v1/models, and /metrics for Prometheus. Texts of all " +
    "clients are written together. It needs the package @lowrank/serve. LOWRANK_TOKEN may hold the clients' secret.",
  options: [
    "model",
    option("--adapter <paths...>", "PEFT adapter folders, each served under the folder's name, or name=path"),
    option("--adapter-folder <path>", "a folder of adapter folders: those that come, change and go are noticed"),
    "allowDifferentBase",
    "basePrecision",
    option("--name <name>", "the base's name for clients (default: the last part of --model)"),
    option("--host <address>", "where to listen").default("127.0.0.1"),
    option("--port <number>", "the port; 0 takes a free one", integerIn({ min: 0, max: 65_535 }), 8000),
    option("--allowed-host <names...>", "names by which clients may ask for this machine beside its own"),
    option("--token-file <file>", "a file with a secret that clients must send (their API key)"),
    tableOption("template", "template of conversations (default: as in training, else the model's own chat template)"),
    option("--max-new-tokens <number>", "tokens that one text may have (default: 4096)", integerIn({ min: 1 })),
    option("--max-rows <number>", "texts written at one time (default: 16)", integerIn({ min: 1 })),
    option(
      "--max-waiting <number>",
      "texts that may wait for room; more are refused (default: 256)",
      integerIn({ min: 1 }),
    ),
    option(
      "--stop-timeout <seconds>",
      "maximum time for running texts after Ctrl-C or SIGTERM; a second signal stops at once (default: no limit)",
      numberIn({ min: 0 }),
    ),
    ...computing,
  ],
  examples: ["lowrank serve --model ./SmolLM2-135M-Instruct --adapter pirate=./adapter --port 8000"],
  run: async (options: ServeCommandOptions, report) => (await import("./run-serve.ts")).runServe(options, report),
});
