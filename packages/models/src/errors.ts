// What can go wrong with a model, each failure with its facts as fields.

import { describeValue, enumerated, itemized, LowrankError, listed, printable } from "@lowrank/contracts";

/** A model folder is missing, or is no folder. */
export class ModelFolderError extends LowrankError {
  constructor(
    readonly folder: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "MODEL_FOLDER",
      `Cannot open the model folder "${printable(folder)}": ${reason}. Expected a folder with config.json and model.safetensors.`,
      options,
    );
  }
}

/** One file of a model folder is missing, too large, or not where it may be. */
export class ModelFileError extends LowrankError {
  constructor(
    readonly folder: string,
    readonly file: string,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("MODEL_FILE", `Cannot read "${printable(file)}" of the model "${printable(folder)}": ${reason}.`, options);
  }
}

/** A tensor of the file that has another shape than the model needs. Shapes are as the file stores them. */
export interface MisshapenTensor {
  readonly tensor: string;
  readonly got: readonly number[];
  readonly expected: readonly number[];
}

/** What is wrong with a set of weights, tensor by tensor. */
export interface WeightProblems {
  /** Parameters that no tensor holds. */
  readonly missing: readonly string[];
  /** Tensors that the model has no use for, and that nothing explains. */
  readonly unexpected: readonly string[];
  readonly misshapen: readonly MisshapenTensor[];
  /** Tensors whose type holds no numbers that can be computed with. */
  readonly unreadable: readonly { readonly tensor: string; readonly dtype: string }[];
}

/** The files' tensors are not the ones that the configuration asks for; found before any tensor is made. */
export class WeightMismatchError extends LowrankError {
  constructor(
    readonly file: string,
    readonly problems: WeightProblems,
    /** What to look at, which depends on the kind of file. */
    advice: string,
  ) {
    super("WEIGHT_MISMATCH", `${describeProblems(file, problems)}\n${advice}`);
  }
}

function describeProblems(file: string, { missing, unexpected, misshapen, unreadable }: WeightProblems): string {
  const shapes = misshapen.map(({ tensor, got, expected }) => `${tensor} is [${got}], expected [${expected}]`);
  const types = unreadable.map(({ tensor, dtype }) => `${tensor} is ${dtype}`);
  const lines = [
    `The weights in "${file}" do not fit the configuration.`,
    ...list("missing", missing),
    ...list("not expected", unexpected),
    ...list("of another shape", shapes),
    ...list("of a type that cannot be read", types),
  ];
  return lines.join("\n");
}

function list(title: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [`  ${names.length} ${title}: ${enumerated(names.map(printable), "; ")}`];
}

/** The weights cannot be held in memory; found before any of them is read. */
export class ModelTooLargeError extends LowrankError {
  /** Tensors with more values than one may have. */
  readonly tensors: readonly { readonly tensor: string; readonly values: number; readonly bytes: number }[];
  /** Bytes that all weights need at least. */
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(
    readonly file: string,
    facts: Pick<ModelTooLargeError, "tensors" | "bytes" | "maxBytes"> & { readonly maxValues: number },
  ) {
    const { tensors, maxValues, bytes, maxBytes } = facts;
    const lines = tensors.map((one) => `"${printable(one.tensor)}" has ${one.values} values (${one.bytes} bytes)`);
    super(
      "MODEL_TOO_LARGE",
      tensors.length > 0
        ? `The weights in "${printable(file)}" are too large: a tensor can have ${maxValues} values.${itemized(lines)}`
        : `The weights in "${printable(file)}" need at least ${bytes} bytes of memory, more than the ${maxBytes} there are. ` +
            "Take a smaller model, or keep its matrices in fewer bits: basePrecision (--base-precision) nf4, bf16 or as-stored.",
    );
    this.tensors = tensors;
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** A classifier is asked for, but the files hold none and none is to be made. */
export class HeadMissingError extends LowrankError {
  constructor(
    readonly file: string,
    readonly parameters: readonly string[],
  ) {
    super(
      "HEAD_MISSING",
      `The weights in "${file}" have no ${enumerated(parameters)}: this base was never trained for the task. ` +
        "Pass newHead: { seed } to make the head new (and train and save it with the adapter).",
    );
  }
}

/** Layers cannot be repeated in the order that was asked for. */
export class LayerOrderError extends LowrankError {
  constructor(
    readonly order: readonly number[],
    readonly reason: string,
  ) {
    super("LAYER_ORDER", `Layers cannot be repeated in the order [${enumerated(order)}]: ${reason}.`);
  }
}

/** The model cannot have a vocabulary of the size that was asked for. */
export class VocabularyError extends LowrankError {
  constructor(
    readonly size: number,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("VOCABULARY", `The vocabulary cannot be resized to ${size} tokens: ${reason}.`, options);
  }
}

/** A sequence is longer than the model has positions. */
export class PositionLimitError extends LowrankError {
  constructor(
    readonly wanted: number,
    readonly limit: number,
    /** Of a text that is too long whatever its tokens are, its characters; the rope type where that sets the limit. */
    readonly found: { readonly characters?: number; readonly ropeType?: "dynamic" } = {},
  ) {
    const { characters, ropeType } = found;
    const asked =
      characters === undefined ? `${wanted} positions are asked for` : `The text has ${characters} characters`;
    const has = Number.isFinite(limit) ? `the model has ${limit} positions` : "that is more than is read";
    const reason = ropeType
      ? `the rope type of config.json is "${ropeType}", and beyond max_position_embeddings (${limit}) that is not computed here`
      : has;
    super("POSITION_LIMIT", `${asked}, but ${reason}. Shorten the input or generate fewer tokens.`);
  }
}

/** Inputs that the model cannot take: wrong shapes, or ids outside the vocabulary. */
export class ModelInputError extends LowrankError {
  constructor(
    readonly input: string,
    message: string,
  ) {
    super("MODEL_INPUT", `${input}: ${message}`);
  }
}

/** A folder of sentence-transformers with steps that are not computed. */
export class EmbeddingRecipeError extends LowrankError {
  constructor(
    readonly file: string,
    readonly got: string,
    readonly expected: string,
  ) {
    super("EMBEDDING_RECIPE", `${printable(file)} asks for ${got}, expected ${expected}.`);
  }
}

/** A batch in which every label is −100, so that there is nothing to learn from. */
export class NothingSupervisedError extends LowrankError {
  constructor() {
    super(
      "NOTHING_SUPERVISED",
      "No position of this batch has a label (all are -100, or the sequences are one token long). Leave the batch out.",
    );
  }
}

/** A key–value cache made with one choice of adapters was given to a call with another. */
export class CacheAdaptersError extends LowrankError {
  constructor(
    readonly madeWith: string,
    readonly got: string,
  ) {
    super(
      "CACHE_ADAPTERS",
      `This key–value cache was made with ${madeWith}, but the call selects ${got}. Make a new cache for each selection.`,
    );
  }
}

/** A sampling or length option out of range. */
export class GenerationOptionError extends LowrankError {
  constructor(
    readonly option: string,
    got: unknown,
    expected: string,
  ) {
    super("GENERATION_OPTION", `${option} is ${String(got)}; expected ${expected}.`);
  }
}

/** A forward pass asks for a module that its family's table does not have: the two disagree, which is our mistake. */
export class MissingModuleError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly kind: string,
    readonly path: string,
  ) {
    super("MISSING_MODULE", `The table of the ${modelType} family has no ${kind} "${path}". Please report this.`);
  }
}

/** The model computes NaN or infinity where a number is to be read out of it. */
export class NonFiniteOutputError extends LowrankError {
  constructor(
    /** What is no number, as the beginning of a sentence: "A logit of prompt 1, new token 3,". */
    readonly what: string,
    readonly value: number,
  ) {
    const reason = "A weight of the base or of its adapter is not finite, or numbers grew beyond float32 on the way";
    super("NON_FINITE_OUTPUT", `${what} is ${value}: no answer can be made of it. ${reason}.`);
  }
}

/** A GGUF file with an adapter (`general.type`) in the place of a model. */
export class AdapterAsModelError extends LowrankError {
  constructor(
    readonly file: string,
    /** Of the model that it is for. */
    readonly architecture: unknown,
  ) {
    super(
      "ADAPTER_AS_MODEL",
      `"${printable(file)}" is a low-rank adapter for a model of architecture ${describeValue(architecture)}, not a model. Load its ` +
        "base, and the PEFT folder that convert_lora_to_gguf.py made the adapter of.",
    );
  }
}

/** A call selects an adapter that nothing is attached under: it would silently compute without it. */
export class UnknownAdapterError extends LowrankError {
  constructor(readonly adapters: readonly string[]) {
    super(
      "UNKNOWN_ADAPTER",
      `No part of this model has an adapter named ${listed(adapters)}. ` +
        "Attach it first, or leave it out of the selection.",
    );
  }
}
