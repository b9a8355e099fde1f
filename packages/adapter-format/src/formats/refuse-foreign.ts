// Low-rank adapters that other programs write: recognised by how they name their tensors and files. What cannot be read is
// refused with what to do instead. A new one is a file beside this one and a line in the table.

import { ForeignAdapterError } from "../errors.ts";
import { diffusers } from "./diffusers.ts";
import type { Clue, ForeignFormat } from "./foreign-format.ts";
import { kohya } from "./kohya.ts";
import { litgpt } from "./litgpt.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { mlx } from "./mlx/mlx.ts";
import { torchtune } from "./torchtune.ts";

const formats: readonly ForeignFormat[] = [mlx, llamaCpp, torchtune, litgpt, kohya, diffusers];

/** Throws ForeignAdapterError if one of the clues that a file gives is of another program's format. */
export function refuseForeign(file: string, clues: Iterable<Clue>): void {
  for (const clue of clues) {
    const format = formats.find((one) => one.recognises(clue));
    if (format !== undefined) throw new ForeignAdapterError(file, format);
  }
}
