// A chat model on disk as judge.

import { named } from "../errors/named-option.ts";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { openModelOn } from "../open-on.ts";
import type { OpenedModel } from "../opened-model.ts";
import type { AskJudge } from "../rewards/judge-reward.ts";
import { exists } from "./exists.ts";
import { nodePlatform } from "./node-platform.ts";

/** A judge stays in memory for later runs of the process. */
const judges = new Map<string, Promise<OpenedModel>>();

/** Constrained decoding leaves no other reply. */
const schema = { enum: Array.from({ length: 11 }, (_, score) => score) };

/** Opens the model with the first question, when the engine of the run has started. Throws PathNotFoundError. */
export async function localJudge(path: string): Promise<AskJudge> {
  if (!(await exists(path)))
    throw new PathNotFoundError(named("reward"), path, "the folder or GGUF file of a chat model");
  return async (messages, signal) => {
    const judge = judges.get(path) ?? openModelOn(nodePlatform, path, { engine: false });
    judges.set(path, judge);
    return (await judge).generate({ messages }, { schema, maxNewTokens: 4, temperature: 0, signal });
  };
}
