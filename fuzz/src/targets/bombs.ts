// Files that once took all time or all memory, or failed in the wrong words. They are made on each run, because some are large. Each
// must end in the error named here, or be read if none is named, within the watchdog's bounds.

import { LowrankError } from "@lowrank/contracts";
import { demand, notAnInput, type Target } from "../target.ts";
import { adapterBombs } from "./bombs/adapter-bombs.ts";
import type { Bomb } from "./bombs/bomb.ts";
import { dataBombs } from "./bombs/data-bombs.ts";
import { modelBombs } from "./bombs/model-bombs.ts";
import { tokenizerBombs } from "./bombs/tokenizer-bombs.ts";

const all: readonly Bomb[] = [...adapterBombs, ...dataBombs, ...tokenizerBombs, ...modelBombs];

/** What they are called, in order. */
export const bombNames: readonly string[] = all.map(({ name }) => name);

/** Its inputs are the names of the bombs. */
export const bombs: Target = {
  count: all.length,
  generate: (_, index) => new TextEncoder().encode(bombNames[index]),

  async check(input, folder) {
    const bomb = all.find(({ name }) => name === new TextDecoder().decode(input));
    if (bomb === undefined) notAnInput();
    try {
      await bomb.explode(folder);
    } catch (error) {
      const names = LowrankError.isInstance(error) ? [error.code, error.name] : [];
      demand(
        names.includes(bomb.expected ?? ""),
        `${bomb.name}: expected ${bomb.expected ?? "no error"}, got ${names}: ${String(error).slice(0, 200)}`,
      );
      throw error;
    }
    demand(bomb.expected === undefined, `${bomb.name}: expected ${bomb.expected}, but it was accepted`);
  },
};
