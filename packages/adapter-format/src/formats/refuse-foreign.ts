// Low-rank adapters that other programs write: recognised by how they name their tensors and files. What cannot be read is
// refused with what to do instead. A new one is a file beside this one and a line in the table.

import { ForeignAdapterError } from "../errors.ts";
import type { Clue, ForeignFormat } from "./foreign-format.ts";
import { diffusers } from "./kohya/diffusers.ts";
import { kohya } from "./kohya/kohya.ts";
import { litgpt } from "./litgpt.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { loralib } from "./loralib/loralib.ts";
import { mlx } from "./mlx/mlx.ts";
import { torchtune } from "./torchtune.ts";

const formats: readonly ForeignFormat[] = [mlx, llamaCpp, torchtune, litgpt, loralib, kohya, diffusers];

/** The format that the first telling one of a file's clues is of; undefined where none tells anything. */
export function foreignFormatOf(clues: Iterable<Clue>): ForeignFormat | undefined {
  for (const clue of clues) {
    const format = formats.find((one) => one.recognises(clue));
    if (format !== undefined) return format;
  }
  return undefined;
}

/**
 * The program that wrote a whole adapter into one file, by its tensors' names: "Kohya", which LyCORIS writes as, or "diffusers".
 * `readAdapterIn` reads it.
 *
 * @example
 * ```ts
 * import { oneFileFormat } from "@lowrank/adapter-format";
 *
 * if (oneFileFormat(["lora_te_text_model_encoder_layers_0_mlp_fc1.alpha"]) !== "Kohya") throw new Error("unexpected");
 * ```
 */
export function oneFileFormat(names: Iterable<string>): string | undefined {
  const format = foreignFormatOf([...names].map((tensor) => ({ tensor })));
  return format === kohya || format === diffusers ? format.name : undefined;
}

/** Throws ForeignAdapterError if one of the clues that a file gives is of another program's format. */
export function refuseForeign(file: string, clues: Iterable<Clue>): void {
  const format = foreignFormatOf(clues);
  if (format !== undefined) throw new ForeignAdapterError(file, format);
}
