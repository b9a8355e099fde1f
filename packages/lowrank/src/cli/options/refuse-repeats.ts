// An option that takes one value, given twice: the first would be dropped in silence.

import type { Command } from "commander";

/** Makes giving an option twice wrong usage, where it takes one value. */
export function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    if (option.variadic || !(option.required || option.optional)) continue;
    const values: string[] = [];
    command.on(`option:${option.name()}`, (value: string) => {
      values.push(value);
      if (values.length === 1) return;
      const given = values.map((text) => `"${text}"`).join(" and ");
      const advice = repeatable.get(option.name()) ?? "Give the one that is meant.";
      command.error(`error: --${option.name()} takes one value and was given ${given}. ${advice}`);
    });
  }
}

/** What to do where several would make sense. */
const repeatable: ReadonlyMap<string, string> = new Map([
  ["adapter", "One adapter is trained at a time. A base into which others are folded is what lowrank merge writes."],
]);
