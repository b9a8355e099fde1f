// lowrank push: what was made here onto the Hugging Face Hub.

import { defineCommand, option } from "../define-command.ts";
import { json } from "../options/shared-options.ts";
import type { PushCommandOptions } from "./run-push.ts";

export const addPushCommand = defineCommand({
  name: "push",
  summary: "put an adapter, a model or a .gguf file on the Hugging Face Hub",
  description:
    "Sends an adapter's folder, a merged model's folder, or one .gguf or .safetensors file to a repository of the Hugging " +
    "Face Hub, in one commit, and makes the repository where there is none. A trainer's state, pickles and hidden files stay here.",
  options: [
    option("--from <path>", "folder or file to send").makeOptionMandatory(),
    option("--to <name>", "owner/name, owner/name/folder or owner/name@branch on the Hub").makeOptionMandatory(),
    option("--private", "make the repository private, where it has to be made"),
    option("--message <text>", "title of the commit"),
    option(
      "--token <token>",
      "token that may write (default: the environment's HF_TOKEN, which no list of processes shows)",
    ),
    option("--plan", "say what would be sent; send nothing"),
    json,
  ],
  examples: ["lowrank push --from ./adapter --to me/my-adapter --private"],
  run: async (options: PushCommandOptions, report) => (await import("./run-push.ts")).runPush(options, report),
});
