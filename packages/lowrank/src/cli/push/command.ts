// lowrank push: uploads an adapter or a model to the Hugging Face Hub.

import { defineCommand, option } from "../define-command.ts";
import { json } from "../options/shared-options.ts";
import type { PushCommandOptions } from "./run-push.ts";

export const addPushCommand = defineCommand({
  name: "push",
  summary: "upload an adapter, a model or a .gguf file to the Hugging Face Hub",
  description:
    "Uploads an adapter's folder, a merged model's folder, or one .gguf or .safetensors file to a repository of the Hugging Face Hub, in one commit. Creates the " +
    "repository if there is none. Training state, pickles and hidden files are not uploaded. A token in --token is visible in the list of processes, one in HF_TOKEN is " +
    "not.",
  options: [
    option("--from <path>", "folder or file to upload").makeOptionMandatory(),
    option("--to <name>", "owner/name, owner/name/folder or owner/name@branch on the Hub").makeOptionMandatory(),
    option("--private", "make a new repository private"),
    option("--message <text>", "title of the commit"),
    option("--token <token>", "token with write access (default: environment variable HF_TOKEN)"),
    option("--plan", "print what would be uploaded; upload nothing"),
    json,
  ],
  examples: ["lowrank push --from ./adapter --to me/my-adapter --private"],
  run: async (options: PushCommandOptions, report) => (await import("./run-push.ts")).runPush(options, report),
});
