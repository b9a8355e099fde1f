// Low-rank adapters that other programs write: recognised by how they name their tensors and files, and refused with what to
// do instead.

import { ForeignAdapterError } from "../errors.ts";

/** A program's format. */
interface ForeignFormat {
  readonly name: string;
  /** A sentence. */
  readonly advice: string;
  /** Looks like one of its tensors' names. */
  readonly tensor?: RegExp;
  /** Looks like one of its files' names. */
  readonly file?: RegExp;
}

const forImages = "Such adapters are for models that make images, and none of these can be computed with here.";

export const mlx: ForeignFormat = {
  name: "MLX",
  advice:
    "Its factors lie the other way round and its scale is not α/r: make a whole model of it with mlx_lm.fuse and take that " +
    "as the base, or write the transposed factors under PEFT's names, with lora_alpha = scale · r.",
  tensor: /\.lora_[ab]$/,
  file: /^adapters\.(safetensors|npz)$/,
};

export const gguf: ForeignFormat = {
  name: "llama.cpp (GGUF)",
  advice: "If it is an adapter, take the PEFT folder that convert_lora_to_gguf.py made it of.",
  file: /\.gguf$/,
};

const formats: readonly ForeignFormat[] = [
  mlx,
  gguf,
  { name: "Kohya", advice: forImages, tensor: /^lora_(unet|te\d?|transformer)_/ },
  {
    name: "diffusers",
    advice: forImages,
    tensor: /^(unet|transformer|text_encoder(_\d)?)\..*\.(lora[._]|processor\.)/,
    file: /^pytorch_lora_weights\.(safetensors|bin)$/,
  },
];

/** Throws ForeignAdapterError if the names of a file's tensors are another program's. */
export function refuseForeignTensors(file: string, keys: Iterable<string>): void {
  for (const key of keys) {
    const format = formats.find(({ tensor }) => tensor?.test(key));
    if (format !== undefined) throw new ForeignAdapterError(file, format);
  }
}

/** Throws ForeignAdapterError if one of the files is another program's, by its name. */
export function refuseForeignFiles(folder: string, names: Iterable<string>): void {
  for (const name of names) {
    const format = formats.find(({ file }) => file?.test(name));
    if (format !== undefined) throw new ForeignAdapterError(`${folder}/${name}`, format);
  }
}
