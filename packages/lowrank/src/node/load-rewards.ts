// Rewards as a command line or a recipe names them: modules, and built-in ones.

import { readFile } from "node:fs/promises";
import { parse } from "node:path";
import { describeValue } from "@lowrank/contracts/internal";
import { named } from "../errors/named-option.ts";
import { PathNotFoundError, UsageError } from "../errors/usage-errors.ts";
import { namedReward } from "../rewards/named-reward.ts";
import type { Reward, Rewards } from "../rewards/reward.ts";
import { defaultExport } from "./default-export.ts";
import { exists } from "./exists.ts";
import { localJudge } from "./local-judge.ts";

/** A module, also in a path that begins with a drive; not "regex:\\.ts". */
const isModule = /^(?![a-z-]{2,}:).*\.[cm]?[jt]s$/;

export interface NamedRewards {
  /** Modules and built-in rewards. */
  readonly reward?: string | readonly string[];
  /** A factor for each; default 1. */
  readonly rewardWeights?: readonly number[];
}

/** Undefined without a reward. Throws UsageError, PathNotFoundError. */
export async function loadRewards({ reward, rewardWeights }: NamedRewards): Promise<Rewards | undefined> {
  const names = [reward ?? []].flat();
  if (rewardWeights !== undefined && rewardWeights.length !== names.length)
    throw new UsageError(
      `${named("rewardWeights")} has ${rewardWeights.length} numbers and ${named("reward")} ${names.length} rewards. Pass a number for each.`,
    );
  const loaded = await Promise.all(names.map(loadReward));
  if (loaded.length === 0) return undefined;
  return loaded.map((each, index) => ({ reward: each, name: nameOf(names[index]), weight: rewardWeights?.[index] }));
}

/** The files that the rewards are read from. */
export function rewardFiles({ reward }: NamedRewards): readonly string[] {
  return [reward ?? []].flat().map((name) => name.replace(/^(json-schema|grader):/, ""));
}

/** In metrics. */
function nameOf(name = ""): string {
  return isModule.test(name) ? parse(name).name : name;
}

async function loadReward(name: string): Promise<Reward> {
  if (!isModule.test(name))
    return namedReward(name, {
      readFile: (path) => readFile(path, "utf8"),
      openJudge: localJudge,
      apiKey: process.env.OPENAI_API_KEY,
    });
  if (!(await exists(name)))
    throw new PathNotFoundError(named("reward"), name, "a .ts, .js or .mjs file whose default export is a function");
  const loaded = await defaultExport(name).catch((error: unknown) => {
    throw new UsageError(
      `${named("reward")} "${name}" failed to load: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (typeof loaded === "function") return loaded as Reward; // its results are checked
  throw new UsageError(
    `${named("reward")} "${name}" has no reward: its default export is ${describeValue(loaded)}. ` +
      "Expected a function: export default ({ prompt, completion, row }) => number",
  );
}
