// Rewards that are ready to use, by name: "regex:^[A-Z]".

import { isObject, jsonIn, parseJson } from "@lowrank/contracts/internal";
import { RE2JS } from "re2js";
import { named } from "../errors/named-option.ts";
import { UsageError } from "../errors/usage-errors.ts";
import { nearestName } from "../nearest-name.ts";
import { graderReward } from "./grader-reward.ts";
import { type JudgeAccess, judgeReward } from "./judge-reward.ts";
import type { Reward } from "./reward.ts";

/** What built-in rewards need of their host. */
export interface RewardHost extends JudgeAccess {
  readFile(path: string): Promise<string>;
}

/** Each as it is typed, and its maker, which throws for a wrong argument. */
const rewards: Readonly<
  Record<string, readonly [typed: string, make: (argument: string, host: RewardHost) => Reward | Promise<Reward>]>
> = {
  "json-schema": [
    "json-schema:<file>",
    async (file, { readFile }) => jsonSchemaReward(parseJson(await readFile(file))),
  ],
  grader: ["grader:<file>", async (file, { readFile }) => graderReward(parseJson(await readFile(file)))],
  regex: ["regex:<pattern>", regexReward],
  "exact-match": ["exact-match", () => exactMatch],
  length: ["length:<words>", lengthReward],
  "lm-judge": ["lm-judge:<path or url#model>", judgeReward],
};

/**
 * A built-in reward:
 * - `json-schema:<file>`: 1 for JSON that the schema allows, 0.5 for other JSON, 0 for anything else. `format` is not checked.
 * - `grader:<file>`: the score of a grader of OpenAI's reinforcement fine-tuning, string_check or text_similarity.
 * - `regex:<pattern>`: 1 if RE2 finds the pattern in the completion, else 0.
 * - `exact-match`: 1 if the completion is the row's `answer`, `completion` or `reference`, else 0. Spaces around them do not count.
 * - `length:<words>`: 1 for that many words, and less by the share of words that are missing or too many, down to 0.
 * - `lm-judge:<path>`: the score of 0 to 10 of a chat model on disk, divided by 10. `lm-judge:<url>#<model>`: of a model behind
 *   OpenAI's API, such as `http://localhost:8080/v1`.
 *
 * Throws UsageError for an unknown name or a wrong argument, and the errors of `readFile`.
 */
export async function namedReward(text: string, host: RewardHost): Promise<Reward> {
  const [, name = text, argument = ""] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const found = Object.hasOwn(rewards, name) ? rewards[name] : undefined;
  if (found === undefined) throw unknownReward(text, name);
  const [typed, make] = found;
  try {
    if (typed.includes(":") === (argument === "")) throw new Error(`expected ${typed}`);
    return await make(argument, host);
  } catch (error) {
    throw new UsageError(`${named("reward")} "${text}": ${error instanceof Error ? error.message : error}`);
  }
}

function unknownReward(text: string, name: string): UsageError {
  const nearest = nearestName(name, Object.keys(rewards));
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  const all = Object.values(rewards).map(([typed]) => typed);
  return new UsageError(
    `${named("reward")}: "${text}" is unknown.${hint} Pass a .ts, .js or .mjs file, or one of ${all.join(", ")}.`,
  );
}

async function jsonSchemaReward(schema: unknown): Promise<Reward> {
  if (!isObject(schema)) throw new Error("the file has no JSON Schema, which is an object");
  const isOld = String(schema.$schema).includes("draft-0");
  const how = { strict: false, logger: false } as const;
  // Both drafts read `items` and `$defs` differently.
  const ajv = isOld ? new (await import("ajv")).Ajv(how) : new (await import("ajv/dist/2020.js")).Ajv2020(how);
  const isValid = ajv.compile(schema);
  return ({ completion }) => {
    const value = jsonIn(completion);
    if (value === undefined) return 0;
    return isValid(value) ? 1 : 0.5;
  };
}

function regexReward(pattern: string): Reward {
  const compiled = RE2JS.compile(pattern);
  return ({ completion }) => (compiled.matcher(completion).find() ? 1 : 0);
}

function exactMatch({ completion, row }: Parameters<Reward>[0]): number {
  const answer = row.answer ?? row.completion ?? row.reference;
  if (answer === undefined) throw new Error('the row has no "answer", "completion" or "reference"');
  return completion.trim() === String(answer).trim() ? 1 : 0;
}

function lengthReward(argument: string): Reward {
  const target = Number(argument);
  if (!Number.isSafeInteger(target) || target < 1) throw new Error("expected a number of words, such as length:50");
  return ({ completion }) => {
    const words = completion.split(/\s+/).filter(Boolean).length;
    return Math.max(0, 1 - Math.abs(words - target) / target);
  };
}
