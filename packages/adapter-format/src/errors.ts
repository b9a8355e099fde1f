// Errors of an adapter as a file or as a configuration.

import { itemized, LowrankError } from "@lowrank/contracts";
import { describeValue, failure, printable } from "@lowrank/contracts/internal";

/** One thing wrong with a configuration. */
export interface ConfigFieldProblem {
  /** The key or name of the setting: in a file PEFT's key ("lora_alpha"), in options the option's name ("alpha"). */
  readonly key: string;
  readonly got: string;
  readonly expected: string;
}

/** adapter_config.json, or the LoRA options, have values that PEFT does not allow. Correct the listed keys. */
export function invalidAdapterConfigError(file: string, problems: readonly ConfigFieldProblem[], cause?: unknown) {
  const lines = problems.map(({ key, got, expected }) => `${key}: found ${got}, expected ${expected}`);
  const message = `${printable(file)} cannot be used as a LoRA configuration:${itemized(lines)}`;
  return failure("INVALID_ADAPTER_CONFIG", message, {
    file,
    problems,
    ...(cause === undefined ? undefined : { cause }),
  });
}

/** The adapter's PEFT type is not LoRA, and LoRA cannot express it. Use a LoRA adapter, or follow the advice in the message. */
export function unsupportedPeftTypeError(
  file: string,
  peftType: string,
  refusal?: { readonly reason: string; readonly advice: string },
) {
  const { reason, advice } = refusal ?? { reason: "PEFT 0.21.2 has no such type", advice: 'Use one of type "LORA"' };
  const type = describeValue(peftType);
  return failure(
    "UNSUPPORTED_PEFT_TYPE",
    `${file} has an adapter of type ${type}, which is not supported: ${reason}. ${advice}.`,
    { file, peftType },
  );
}

/** The adapter's files lack the sizes of the base's layers, which its method needs. Give the base model too. */
export class BaseNeededError extends LowrankError {
  constructor(
    readonly file: string,
    readonly peftType: string,
    /** The base that the configuration names. */
    readonly named: { readonly baseModel: string | null; readonly revision: string | null },
  ) {
    super(
      "BASE_NEEDED",
      `${file} has an adapter of type ${describeValue(peftType)}, which is read as LoRA with exactly the same update. Its files lack the ` +
        "sizes of the base's layers: give the base model too (--model).",
    );
  }
}

/** The configuration uses features that are not supported and would change the result. Train without them, or use PEFT. */
export function unsupportedFeaturesError(
  /** PEFT's keys, and the effect of each value. */
  features: readonly { readonly key: string; readonly got: string; readonly effect: string }[],
) {
  const lines = features.map(({ key, got, effect }) => `${key} = ${got}: ${effect}`);
  return failure("UNSUPPORTED_FEATURES", `This adapter needs features that are not supported:${itemized(lines)}`, {
    features,
  });
}

/** A regular expression in the configuration is not supported. Give a list of module names, or a simpler pattern. */
export class UnsupportedPatternError extends LowrankError {
  constructor(
    /** The key that has the pattern: "target_modules". */
    readonly key: string,
    readonly pattern: string,
    readonly reason: string,
  ) {
    super(
      "UNSUPPORTED_PATTERN",
      `The regular expression ${describeValue(pattern)} in ${key} cannot be used: ${reason}. ` +
        `Patterns are run by RE2, which is safe for foreign files but has no lookaround and no backreferences. ` +
        `Instead, give a list of module names, or a simpler pattern together with exclude_modules.`,
    );
  }
}

/** The weights are a Python pickle, which can run code when opened. Convert them to safetensors in Python. */
export function pickleWeightsError(file: string) {
  return failure(
    "PICKLE_WEIGHTS",
    `${file} is a Python pickle, which can run code when opened, so it is not read. Convert it in Python: ` +
      `load the adapter with peft and call save_pretrained(path), which writes adapter_model.safetensors.`,
    { file },
  );
}

/** The adapter is in another program's format. Convert it to PEFT's format as the message describes. */
export class ForeignAdapterError extends LowrankError {
  /** "MLX", "Kohya", … */
  readonly format: string;

  constructor(
    readonly file: string,
    { name, advice }: { readonly name: string; readonly advice: string },
  ) {
    super("FOREIGN_ADAPTER", `${printable(file)} is in the format of ${name}, not of PEFT. ${advice}`);
    this.format = name;
  }
}

/** One thing wrong with an adapter's tensors. */
export interface TensorProblem {
  /** The key in the file. */
  readonly key: string;
  readonly problem: string;
}

/** The adapter's tensors do not fit its configuration or each other. Use the file with the configuration that it was saved with. */
export function invalidAdapterTensorsError(file: string, problems: readonly TensorProblem[]) {
  const lines = problems.map(({ key, problem }) => `${describeValue(key)}: ${problem}`);
  return failure(
    "INVALID_ADAPTER_TENSORS",
    `The tensors in ${printable(file)} are no valid LoRA adapter:${itemized(lines)}`,
    { file, problems },
  );
}

/** The adapter's folder lacks a file. Use the folder that PEFT or lowrank saved. */
export function adapterFileMissingError(
  folder: string,
  file: string,
  { advice, cause }: { readonly advice?: string | undefined; readonly cause?: unknown } = {},
) {
  const more = advice === undefined ? "" : ` ${advice}`;
  return failure("ADAPTER_FILE_MISSING", `${folder} is not an adapter folder: it has no ${file}.${more}`, {
    folder,
    file,
    cause,
  });
}

/** A target matches no module of this model. Use one of the suggested names, or "all-linear". */
export function nothingMatchedError(
  targets: readonly string[] /** Near names, by target. */,
  suggestions: ReadonlyMap<string, readonly string[]>,
  message: string,
) {
  return failure("NOTHING_MATCHED", message, { targets, suggestions });
}

/** One thing that a format cannot hold. */
export interface Inexpressible {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** Another program's format cannot store all of this adapter. Merge it into its base model, or train without the listed parts. */
export function inexpressibleAdapterError(
  /** Whose format: "llama.cpp". */
  program: string,
  problems: readonly Inexpressible[],
) {
  const lines = problems.map(({ what, reason }) => `${what}: ${reason}`);
  return failure(
    "INEXPRESSIBLE_ADAPTER",
    `${program}'s format cannot store all of this adapter:${itemized(lines)}\n` +
      "Merge it into its base model and use that, or train an adapter without these parts.",
    { program, problems },
  );
}
