// What can go wrong with an adapter as a file or as a configuration.

import { describeValue, itemized, LowrankError, printable } from "@lowrank/contracts";

/** One thing wrong with a configuration. */
export interface ConfigFieldProblem {
  /** The key as PEFT writes it: "lora_alpha". */
  readonly key: string;
  readonly got: string;
  readonly expected: string;
}

/** An adapter_config.json, or options for one, that PEFT's rules forbid. Lists everything wrong. */
export class InvalidAdapterConfigError extends LowrankError {
  constructor(
    readonly file: string,
    readonly problems: readonly ConfigFieldProblem[],
    cause?: unknown,
  ) {
    const lines = problems.map(({ key, got, expected }) => `${key}: got ${got}, expected ${expected}`);
    const message = `${printable(file)} cannot be used as a LoRA configuration:${itemized(lines)}`;
    super("INVALID_ADAPTER_CONFIG", message, cause === undefined ? undefined : { cause });
  }
}

/** An adapter of another kind than LoRA. */
export class UnsupportedPeftTypeError extends LowrankError {
  constructor(
    readonly file: string,
    readonly peftType: string,
  ) {
    super(
      "UNSUPPORTED_PEFT_TYPE",
      `${file} describes an adapter of type ${describeValue(peftType)}; only "LORA" can be read.`,
    );
  }
}

/** A configuration that asks for features which would change the result and are not implemented. */
export class UnsupportedFeaturesError extends LowrankError {
  constructor(
    /** PEFT's keys and what each value asks for. */
    readonly features: readonly { readonly key: string; readonly got: string; readonly effect: string }[],
  ) {
    const lines = features.map(({ key, got, effect }) => `${key} = ${got}: ${effect}`);
    super("UNSUPPORTED_FEATURES", `This adapter needs features that are not implemented here:${itemized(lines)}`);
  }
}

/** A regular expression in a configuration that cannot be used safely. */
export class UnsupportedPatternError extends LowrankError {
  constructor(
    /** Where the pattern stands: "target_modules". */
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

/** Weights in Python's pickle format, which can run code when opened and are never read. */
export class PickleWeightsError extends LowrankError {
  constructor(readonly file: string) {
    super(
      "PICKLE_WEIGHTS",
      `${file} is a Python pickle, which can run code when opened, so it is not read. Convert it in Python: ` +
        `load the adapter with peft and call save_pretrained(path), which writes adapter_model.safetensors.`,
    );
  }
}

/** An adapter in another program's format. */
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

/** Tensors that do not fit their configuration or each other. Lists everything wrong. */
export class InvalidAdapterTensorsError extends LowrankError {
  constructor(
    readonly file: string,
    readonly problems: readonly TensorProblem[],
  ) {
    const lines = problems.map(({ key, problem }) => `${describeValue(key)}: ${problem}`);
    super("INVALID_ADAPTER_TENSORS", `The tensors in ${printable(file)} do not make a LoRA adapter:${itemized(lines)}`);
  }
}

/** A file that an adapter's folder lacks. */
export class AdapterFileMissingError extends LowrankError {
  constructor(
    readonly folder: string,
    readonly file: string,
    { advice, cause }: { readonly advice?: string | undefined; readonly cause?: unknown } = {},
  ) {
    const more = advice === undefined ? "" : ` ${advice}`;
    super("ADAPTER_FILE_MISSING", `${folder} is no adapter folder: it has no ${file}.${more}`, { cause });
  }
}

/** A target that means nothing for this model, or no module matched at all. */
export class NothingMatchedError extends LowrankError {
  constructor(
    readonly targets: readonly string[],
    /** Near names, by target. */
    readonly suggestions: ReadonlyMap<string, readonly string[]>,
    message: string,
  ) {
    super("NOTHING_MATCHED", message);
  }
}

/** One thing that a format cannot hold. */
export interface Inexpressible {
  /** A module, a key of the configuration, or a tensor. */
  readonly what: string;
  readonly reason: string;
}

/** An adapter of which another program's format cannot hold everything: part of it would be lost. Lists all of it. */
export class InexpressibleAdapterError extends LowrankError {
  constructor(
    /** Whose format: "llama.cpp". */
    readonly program: string,
    readonly problems: readonly Inexpressible[],
  ) {
    const lines = problems.map(({ what, reason }) => `${what}: ${reason}`);
    super(
      "INEXPRESSIBLE_ADAPTER",
      `${program}'s format cannot hold all of this adapter:${itemized(lines)}\n` +
        "Merge it into its base instead, and use the merged model; or train an adapter without that.",
    );
  }
}
