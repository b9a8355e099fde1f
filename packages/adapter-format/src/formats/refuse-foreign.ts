// Low-rank adapters that other programs write: recognised by how they name their tensors and files. What cannot be read is
// refused with what to do instead. A new one is a row of the table; one that is read has a folder.

import { ForeignAdapterError } from "../errors.ts";
import type { Clue, ForeignFormat } from "./foreign-format.ts";
import { diffusers, kohya } from "./kohya/kohya.ts";
import { loralib } from "./loralib/loralib.ts";
import { mlx } from "./mlx/mlx.ts";

const torchtune: ForeignFormat = {
  name: "torchtune",
  advice:
    "With its FullModelHFCheckpointer it also writes PEFT's adapter_config.json and adapter_model.safetensors into the epoch's folder: " +
    "take that folder. Of Phi 3 and of models with images it writes none: take the merged model as the base.",
  recognises: (clue) =>
    "file" in clue
      ? /^adapter_(\d+\.(pt|safetensors)|model\.pt)$/.test(clue.file)
      : "tensor" in clue &&
        /^(layers\.\d+\.(attn|mlp)\..*|output|tok_embeddings)\.lora_[ab]\.weight$/.test(clue.tensor),
};

const llamaCpp: ForeignFormat = {
  name: "llama.cpp (GGUF)",
  advice:
    "If it is an adapter, take the PEFT folder that convert_lora_to_gguf.py made it of, or read it in a program with " +
    "readGgufAdapter of @lowrank/adapter-format/gguf, which needs the base's configuration.",
  recognises: (clue) => ("file" in clue ? clue.file.endsWith(".gguf") : "start" in clue && clue.start === "GGUF"),
};

const litgpt: ForeignFormat = {
  name: "litgpt",
  advice:
    "It is a pickle in names of its own. Make a whole model of it with litgpt merge_lora and litgpt convert_from_litgpt, load its " +
    'model.pth in Python – from_pretrained(base, state_dict=torch.load("model.pth")) –, save_pretrained it and take that as the base.',
  recognises: (clue) =>
    "file" in clue
      ? /^lit_model\.(pth\.lora|lora\.pth)$/.test(clue.file)
      : "tensor" in clue &&
        /^transformer\.h\.\d+\.(attn\.(qkv|attn|proj)|mlp\.(fc|fc_1|fc_2|proj))\.lora_[AB]$/.test(clue.tensor),
};

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
