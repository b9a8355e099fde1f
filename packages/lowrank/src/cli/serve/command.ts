// lowrank serve: a model and its adapters over HTTP.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ServeCommandOptions } from "./run-serve.ts";

export const addServeCommand = defineCommand({
  name: "serve",
  summary: "serve a model and its adapters with OpenAI's API",
  description:
    "Serves a base model and its adapters with OpenAI's API; `model` of a request selects one. Endpoints: /v1/chat/completions, /v1/completions, /v1/embeddings, " +
    "/v1/models, /v1/files and /v1/fine_tuning/jobs (with --jobs-folder), and /metrics for Prometheus. Texts of all clients are generated in one batch. Needs the package @lowrank/serve. LOWRANK_TOKEN can hold the clients' API " +
    "key. After Ctrl-C or SIGTERM, a second signal stops at once.",
  options: [
    "model",
    option("--adapter <paths...>", "PEFT adapter folders, each served under the folder's name, or name=path"),
    option("--adapter-folder <path>", "folder of adapter folders; new, changed and deleted ones are noticed"),
    option("--jobs-folder <path>", "folder of uploaded files and fine-tuning jobs; turns on OpenAI's fine-tuning API"),
    option(
      "--reward <rewards...>",
      "rewards for reinforcement jobs, as name=reward: polite=./polite.ts, short=length:20",
    ),
    "allowDifferentBase",
    "basePrecision",
    option("--name <name>", "name of the base for clients (default: last part of --model)"),
    option("--record <file>", "append conversations and their answers to a file, as rows to train on (default: none)"),
    option("--host <address>", "address to listen on").default("127.0.0.1"),
    option("--port <number>", "port; 0: any free port", integerIn({ min: 0, max: 65_535 }), 8000),
    option("--allowed-host <names...>", "extra host names accepted in requests, e.g. api.example.com"),
    option("--cors <origin>", "origin of web pages that may use the server, e.g. https://page.example (default: none)"),
    option("--token-file <file>", "file with the API key that clients must send"),
    tableOption("template", "prompt template (default: as in training, else the model's own chat template)"),
    option("--max-new-tokens <number>", "maximum tokens of a text (default: 4096)", integerIn({ min: 1 })),
    option("--max-rows <number>", "maximum texts generated at the same time (default: 16)", integerIn({ min: 1 })),
    option("--max-waiting <number>", "maximum waiting texts; more are refused (default: 256)", integerIn({ min: 1 })),
    option("--stop-timeout <seconds>", "time for running texts after Ctrl-C (default: no limit)", numberIn({ min: 0 })),
    ...computing,
  ],
  examples: ["lowrank serve --model ./SmolLM2-135M-Instruct --adapter pirate=./adapter --port 8000"],
  run: async (options: ServeCommandOptions, report) => (await import("./run-serve.ts")).runServe(options, report),
});
