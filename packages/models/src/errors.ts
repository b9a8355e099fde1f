// Errors of models, each with its facts as fields.

import { itemized, LowrankError, listed } from "@lowrank/contracts";
import { describeValue, enumerated, failure, printable } from "@lowrank/contracts/internal";

/** The model's folder is missing, or has no model in it. Give a folder with config.json and model.safetensors. */
export function modelFolderError(folder: string, reason: string, options?: { readonly cause?: unknown }) {
  return failure(
    "MODEL_FOLDER",
    `Cannot open the model folder "${printable(folder)}": ${reason}. Expected a folder with config.json and model.safetensors.`,
    { folder, ...options },
  );
}

/** One file of the model is missing, too large or invalid. Download it again, or check its path. */
export function modelFileError(folder: string, file: string, reason: string, options?: { readonly cause?: unknown }) {
  return failure("MODEL_FILE", `Cannot read "${printable(file)}" of the model "${printable(folder)}": ${reason}.`, {
    folder,
    file,
    ...options,
  });
}

/** A tensor of the file that has another shape than the model needs. Shapes are as the file stores them. */
export interface MisshapenTensor {
  readonly tensor: string;
  readonly got: readonly number[];
  readonly expected: readonly number[];
}

/** The problems of a set of weights, tensor by tensor. */
export interface WeightProblems {
  /** Parameters without a tensor. */
  readonly missing: readonly string[];
  /** Tensors that the model does not use. */
  readonly unexpected: readonly string[];
  readonly misshapen: readonly MisshapenTensor[];
  /** Tensors of an unsupported type. */
  readonly unreadable: readonly { readonly tensor: string; readonly dtype: string }[];
}

/** The weights do not fit config.json. Check that both belong to the same model. */
export function weightMismatchError(
  file: string,
  problems: WeightProblems /** A sentence of advice, which depends on the kind of file. */,
  advice: string,
) {
  return failure("WEIGHT_MISMATCH", `${describeProblems(file, problems)}\n${advice}`, { file, problems });
}

function describeProblems(file: string, { missing, unexpected, misshapen, unreadable }: WeightProblems): string {
  const shapes = misshapen.map(({ tensor, got, expected }) => `${tensor} is [${got}], expected [${expected}]`);
  const types = unreadable.map(({ tensor, dtype }) => `${tensor} is ${dtype}`);
  const lines = [
    `The weights in "${file}" do not fit the configuration.`,
    ...list("missing", missing),
    ...list("not expected", unexpected),
    ...list("wrong shape", shapes),
    ...list("unsupported type", types),
  ];
  return lines.join("\n");
}

function list(title: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [`  ${names.length} ${title}: ${enumerated(names.map(printable), "; ")}`];
}

/** The weights do not fit into memory. Use a smaller model, or a lower base precision. */
export class ModelTooLargeError extends LowrankError {
  /** Tensors with more values than the limit. */
  readonly tensors: readonly { readonly tensor: string; readonly values: number; readonly bytes: number }[];
  /** Bytes that all weights need at least. */
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(
    readonly file: string,
    facts: Pick<ModelTooLargeError, "tensors" | "bytes" | "maxBytes"> & { readonly maxValues: number },
  ) {
    const { tensors, maxValues, bytes, maxBytes } = facts;
    const lines = tensors.map(
      ({ tensor, values, bytes: size }) => `"${printable(tensor)}" has ${values} values (${size} bytes)`,
    );
    super(
      "MODEL_TOO_LARGE",
      tensors.length > 0
        ? `The weights in "${printable(file)}" are too large: a tensor can have ${maxValues} values.${itemized(lines)}`
        : `The weights in "${printable(file)}" need at least ${bytes} bytes of memory, but only ${maxBytes} are available. ` +
            "Use a smaller model, or a lower precision: basePrecision (--base-precision) nf4, bf16 or as-stored.",
    );
    this.tensors = tensors;
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** The weights have no head for this task. Pass `newHead` to make one. */
export class HeadMissingError extends LowrankError {
  constructor(
    readonly file: string,
    readonly parameters: readonly string[],
  ) {
    super(
      "HEAD_MISSING",
      `The weights in "${file}" have no ${enumerated(parameters)}: this base model was never trained for the task. ` +
        "Pass newHead: { seed } to make a new head (it is trained and saved with the adapter).",
    );
  }
}

/** Layers cannot be repeated in this order. Give layer numbers of the model, for a model with one stack of equal layers. */
export function layerOrderError(order: readonly number[], reason: string) {
  return failure("LAYER_ORDER", `Layers cannot be repeated in the order [${enumerated(order)}]: ${reason}.`, {
    order,
    reason,
  });
}

/** The vocabulary cannot be resized to this size. Give another size, or first follow the advice in the message. */
export function vocabularyError(size: number, reason: string, options?: { readonly cause?: unknown }) {
  return failure("VOCABULARY", `The vocabulary cannot be resized to ${size} tokens: ${reason}.`, {
    size,
    reason,
    ...options,
  });
}

/** A sequence has more tokens than the model has positions. Shorten the input or generate fewer tokens. */
export function positionLimitError(
  wanted: number,
  limit: number /** For a text that is too long for any tokenization, its characters; and the rotary setting that causes the limit. */,
  found: { readonly characters?: number; readonly limitedBy?: "dynamic" | "llama_4_scaling_beta" } = {},
) {
  const { characters, limitedBy } = found;
  const need = characters === undefined ? `${wanted} positions are needed` : `The text has ${characters} characters`;
  const has = Number.isFinite(limit) ? `the model has ${limit} positions` : "that is over the limit";
  const reasons = {
    dynamic: `the rope type of config.json is "dynamic", which is not supported beyond max_position_embeddings (${limit})`,
    llama_4_scaling_beta: `config.json has llama_4_scaling_beta, which is not supported beyond original_max_position_embeddings (${limit})`,
  };
  const reason = limitedBy === undefined ? has : reasons[limitedBy];
  return failure("POSITION_LIMIT", `${need}, but ${reason}. Shorten the input or generate fewer tokens.`, {
    wanted,
    limit,
    found,
  });
}

/** An input of the model has a wrong shape, type or value. Correct the input that the message names. */
export function modelInputError(input: string, message: string) {
  return failure("MODEL_INPUT", `${input}: ${message}`, { input });
}

/** A sentence-transformers folder has a step or setting that is not supported. Use another embedding model. */
export function embeddingRecipeError(file: string, got: string, expected: string) {
  return failure("EMBEDDING_RECIPE", `${printable(file)} has ${got}, expected ${expected}.`, { file, got, expected });
}

/** Every label of a batch is -100, so nothing can be learned. Leave the batch out, or check the rows' answers. */
export function nothingSupervisedError() {
  return failure(
    "NOTHING_SUPERVISED",
    "No position of this batch has a label (all are -100, or the sequences are one token long). Leave the batch out.",
    {},
  );
}

/** A key–value cache was made with other adapters than the call selects. Make a new cache for each selection. */
export function cacheAdaptersError(madeWith: string, got: string) {
  return failure(
    "CACHE_ADAPTERS",
    `This key–value cache was made with ${madeWith}, but the call selects ${got}. Make a new cache for each selection.`,
    { madeWith, got },
  );
}

/** An option of generation is out of range, or does not fit the model. Correct the option that the message names. */
export function generationOptionError(option: string, got: unknown, expected: string) {
  return failure("GENERATION_OPTION", `${option} is ${String(got)}; expected ${expected}.`, { option });
}

/** The forward pass needs a module that the family's table lacks, which is a bug. Please report it. */
export function missingModuleError(modelType: string, kind: string, path: string) {
  return failure("MISSING_MODULE", `The table of the ${modelType} family has no ${kind} "${path}". Please report `, {
    modelType,
    kind,
    path,
  });
}

/** The model's output is NaN or infinite. Check that adapter and base model belong together and that all weights are finite. */
export class NonFiniteOutputError extends LowrankError {
  constructor(
    /** The value that is not finite, as the start of a sentence: "A logit of prompt 1, new token 3,". */
    readonly what: string,
    readonly value: number,
  ) {
    const reason =
      "Check that base model and adapter belong together: a weight is not finite, or activations overflowed";
    super("NON_FINITE_OUTPUT", `${what} is ${value}; expected a finite number. ${reason}.`);
  }
}

/** The GGUF file is an adapter (`general.type`), not a model. Load its base model, and the adapter's PEFT folder. */
export function adapterAsModelError(
  file: string /** The architecture of the model that the adapter is for. */,
  architecture: unknown,
) {
  return failure(
    "ADAPTER_AS_MODEL",
    `"${printable(file)}" is a low-rank adapter for a model of architecture ${describeValue(architecture)}, not a model. Load its ` +
      "base model, and the PEFT folder that convert_lora_to_gguf.py converted.",
    { file, architecture },
  );
}

/** A call selects an adapter that is not attached to the model. Attach it first, or leave it out. */
export function unknownAdapterError(adapters: readonly string[]) {
  return failure(
    "UNKNOWN_ADAPTER",
    `No part of this model has an adapter named ${listed(adapters)}. ` +
      "Attach it first, or leave it out of the selection.",
    { adapters },
  );
}
