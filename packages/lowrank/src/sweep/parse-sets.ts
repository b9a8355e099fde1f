// What a sweep varies, as it is typed: "rank=4,8,16".

import type { SweepSets } from "./plan-sweep.ts";
import { SweepError } from "./sweep-errors.ts";

/**
 * The values by their option's name. Behind the "=" stands a list as YAML has it, without its brackets, so that a list among the values
 * has brackets of its own: targetModules=all-linear,[q_proj,v_proj]. Throws SweepError with all that is wrong.
 */
export async function parseSets(texts: readonly string[]): Promise<SweepSets> {
  const { parse } = await import("yaml");
  const sets = new Map<string, readonly unknown[]>();
  const problems: string[] = [];
  for (const text of texts) {
    const [, name, list] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(text) ?? [];
    if (name === undefined || list === undefined) problems.push(`"${text}": expected a set like rank=4,8,16`);
    else if (sets.has(name)) problems.push(`${name}: is set twice; name all its values in one set`);
    else
      sets.set(
        name,
        listOf(list, (why) => void problems.push(`${name}: ${why}`)),
      );
  }
  if (problems.length > 0) throw new SweepError(problems);
  return sets;

  function listOf(list: string, refuse: (why: string) => void): readonly unknown[] {
    try {
      const value: unknown = parse(`[${list}\n]`, { version: "1.2", schema: "core", maxAliasCount: 0 });
      if (Array.isArray(value)) return value;
    } catch (error) {
      refuse(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
    return [];
  }
}
