// The table of other programs' LoRA formats, recognized by names of tensors and files. Formats that cannot be read are refused
// with the next step. A new format is a row here; a format that is read has its own folder and a line in read-adapter-in.ts. MLX,
// Kohya and diffusers are read, and have a row for files in the wrong arrangement.

import { ForeignAdapterError } from "../errors.ts";

/** What identifies a format before the file is read. `start`: the first four bytes; `configKey`: a key that PEFT never wrote. */
type Clue = "file" | "tensor" | "configKey" | "start";

/** A program's format. The first row of `formats` that matches wins, so a general pattern comes after special ones (loralib's). */
interface ForeignFormat extends Readonly<Partial<Record<Clue, RegExp>>> {
  readonly name: string;
  /** A sentence with the next step. */
  readonly advice: string;
  /** Whether one file contains the whole adapter without a configuration. */
  readonly isOneFile?: true;
}

const oneFile =
  "Give the path of the .safetensors file, or of a folder that has only this file and no adapter_config.json.";

const formats: readonly ForeignFormat[] = [
  {
    name: "MLX",
    advice:
      "Give a folder with its adapters.safetensors and its adapter_config.json. Or make a merged model with " +
      "mlx_lm.fuse, and use that as the base model.",
    file: /^adapters\.(safetensors|npz)$/,
    tensor: /\.lora_[ab]$/,
    configKey: /^(fine_tune_type|lora_parameters)$/,
  },
  {
    name: "llama.cpp (GGUF)",
    advice:
      "If it is an adapter, use the PEFT folder that convert_lora_to_gguf.py converted, or read it in a program with " +
      "readGgufAdapter of @lowrank/adapter-format/gguf, which needs the base's configuration.",
    file: /\.gguf$/,
    start: /^GGUF$/,
  },
  {
    name: "torchtune",
    advice:
      "With its FullModelHFCheckpointer it also writes PEFT's adapter_config.json and adapter_model.safetensors into the epoch's folder: " +
      "use that folder. For Phi 3 and models with images it writes none: use the merged model as the base model.",
    file: /^adapter_(\d+\.(pt|safetensors)|model\.pt)$/,
    tensor: /^(layers\.\d+\.(attn|mlp)\..*|output|tok_embeddings)\.lora_[ab]\.weight$/,
  },
  {
    name: "litgpt",
    advice:
      "It is a pickle with other names. Make a merged model with litgpt merge_lora and litgpt convert_from_litgpt, load its " +
      'model.pth in Python – from_pretrained(base, state_dict=torch.load("model.pth")) –, save_pretrained it and use that as the base model.',
    file: /^lit_model\.(pth\.lora|lora\.pth)$/,
    tensor: /^transformer\.h\.\d+\.(attn\.(qkv|attn|proj)|mlp\.(fc|fc_1|fc_2|proj))\.lora_[AB]$/,
  },
  {
    name: "loralib",
    advice:
      "The file stores neither α nor the adapted parts of a MergedLinear. Read it in a program with readLoralibAdapter of " +
      "@lowrank/adapter-format, readLoralibAdapter(bytes, { alpha: 16, groups: { c_attn: [true, false, true] } }).",
    tensor: /\.lora_[AB]$/,
  },
  { name: "Kohya", advice: oneFile, isOneFile: true, tensor: /^lora_(unet|te\d?|transformer)_/ },
  {
    name: "diffusers",
    advice: oneFile,
    isOneFile: true,
    file: /^pytorch_lora_weights\.(safetensors|bin)$/,
    tensor: /^(unet|transformer|text_encoder(_\d)?)\..*\.(lora[._]|processor\.)|\.processor\.\w+_lora\./,
  },
];

/** The format of the first text that matches; undefined if none does. */
function foreignFormatOf(clue: Clue, texts: Iterable<string>): ForeignFormat | undefined {
  for (const text of texts) {
    const format = formats.find((candidate) => candidate[clue]?.test(text));
    if (format !== undefined) return format;
  }
  return undefined;
}

/**
 * The program that wrote a one-file adapter, by its tensors' names: "Kohya" (also for LyCORIS) or "diffusers". `readAdapterIn`
 * reads both.
 */
export function oneFileFormat(names: Iterable<string>): string | undefined {
  const format = foreignFormatOf("tensor", names);
  return format?.isOneFile ? format.name : undefined;
}

/** Throws ForeignAdapterError if one of the texts identifies another program's format. */
export function refuseForeign(file: string, clue: Clue, texts: Iterable<string>): void {
  const format = foreignFormatOf(clue, texts);
  if (format !== undefined) throw new ForeignAdapterError(file, format);
}
