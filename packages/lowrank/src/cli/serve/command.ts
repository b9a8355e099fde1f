// lowrank serve: a model and its adapters over HTTP.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn } from "../options/parse-values.ts";
import {
  basePrecisionOption,
  differentBaseOption,
  modelOption,
  templateOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import type { ServeCommandOptions } from "../serve/run-serve.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addServeCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("serve")
    .summary("serve a model and its adapters to OpenAI's clients")
    .description(
      "Serves a base and its adapters, each under a name of its own (`model` of a request), as OpenAI's API does: " +
        "/v1/chat/completions, /v1/completions, /v1/embeddings, /v1/models, and /metrics for Prometheus. Texts of all " +
        "clients are written together. It needs the package @lowrank/serve. LOWRANK_TOKEN may hold the clients' secret.",
    )
    .addOption(modelOption())
    .option("--adapter <paths...>", "PEFT adapter folders, each served under the folder's name, or name=path")
    .option("--adapter-folder <path>", "a folder of adapter folders: those that come, change and go are noticed")
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .option("--name <name>", "the base's name for clients (default: the last part of --model)")
    .option("--host <address>", "where to listen", "127.0.0.1")
    .addOption(
      new Option("--port <number>", "the port; 0 takes a free one")
        .argParser(integerIn({ min: 0, max: 65_535 }))
        .default(8000),
    )
    .option("--allowed-host <names...>", "names by which clients may ask for this machine beside its own")
    .option("--token-file <file>", "a file with a secret that clients must send (their API key)")
    .addOption(
      templateOption("template of conversations (default: as in training, else the model's own chat template)"),
    )
    .addOption(
      new Option("--max-new-tokens <number>", "tokens that one text may have (default: 4096)").argParser(
        integerIn({ min: 1 }),
      ),
    )
    .addOption(
      new Option("--max-rows <number>", "texts written at one time (default: 16)").argParser(integerIn({ min: 1 })),
    )
    .addOption(
      new Option("--max-waiting <number>", "texts that may wait for room; more are refused (default: 256)").argParser(
        integerIn({ min: 1 }),
      ),
    )
    .addOption(
      new Option(
        "--stop-timeout <seconds>",
        "maximum time for running texts after Ctrl-C or SIGTERM; a second signal stops at once (default: no limit)",
      ).argParser(numberIn({ min: 0 })),
    );
  withExamples(
    withEngine(command),
    "lowrank serve --model ./SmolLM2-135M-Instruct --adapter pirate=./adapter --port 8000",
  ).action(async (options: ServeCommandOptions) => {
    const { runServe } = await import("../serve/run-serve.ts");
    await runServe(options, createReport(io, options));
  });
}
