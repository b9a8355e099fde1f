// lowrank push: what was made here onto the Hugging Face Hub.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { withExamples, withJson } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import type { PushCommandOptions } from "./run-push.ts";

/** Adds the command to the program. */
export function addPushCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("push")
    .summary("put an adapter, a model or a .gguf file on the Hugging Face Hub")
    .description(
      "Sends an adapter's folder, a merged model's folder, or one .gguf or .safetensors file to a repository of the Hugging " +
        "Face Hub, in one commit, and makes the repository where there is none. A trainer's state, pickles and hidden files stay here.",
    )
    .addOption(new Option("--from <path>", "folder or file to send").makeOptionMandatory())
    .addOption(
      new Option("--to <name>", "owner/name, owner/name/folder or owner/name@branch on the Hub").makeOptionMandatory(),
    )
    .option("--private", "make the repository private, where it has to be made")
    .option("--message <text>", "title of the commit")
    .option(
      "--token <token>",
      "token that may write (default: the environment's HF_TOKEN, which no list of processes shows)",
    )
    .option("--plan", "say what would be sent; send nothing");
  withExamples(withJson(command), "lowrank push --from ./adapter --to me/my-adapter --private").action(
    async (options: PushCommandOptions) => {
      const { runPush } = await import("./run-push.ts");
      await runPush(options, createReport(io, options));
    },
  );
}
