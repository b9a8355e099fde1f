// Vocabularies as JSON ({"token": id}) or as lines.

import { isObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";

const mostTokens = 2 ** 22;

/** A parsed vocab.json. Throws TokenizerError for what is none. */
export function numberedTokens(json: unknown, file: string): ReadonlyMap<string, number> {
  const entries = isObject(json) ? Object.entries(json) : undefined;
  if (entries === undefined) throw new TokenizerError([`${file}: expected an object of tokens with their ids`]);
  const wrong = entries.find(([, id]) => !(Number.isInteger(id) && Number(id) >= 0 && Number(id) < mostTokens));
  if (wrong === undefined) return new Map(entries.map(([token, id]) => [token, Number(id)]));
  const got = JSON.stringify(wrong[1]) ?? "nothing";
  const token = JSON.stringify(wrong[0].slice(0, 40));
  throw new TokenizerError([
    `${file}: expected an id from 0 to ${mostTokens - 1} for ${token}, got ${got.slice(0, 40)}`,
  ]);
}

/** Tokens by id; empty where an id has none. */
export function tokensInOrder(ids: ReadonlyMap<string, number>): readonly string[] {
  const size = [...ids.values()].reduce((largest, id) => Math.max(largest, id + 1), 0);
  const tokens: string[] = new Array(size).fill("");
  for (const [token, id] of ids) tokens[id] = token;
  return tokens;
}
