// What a configuration alone tells of a variant of LoRA. How a variant computes is the other half, in @lowrank/inject.

import type { Adapter, LoraConfig } from "../lora-config.ts";
import type { TensorKey } from "../tensor-keys.ts";

/** What must hold of a configuration. */
export interface Rule {
  /** PEFT's key of the field that is wrong if it does not. */
  readonly key: string;
  readonly expected: string;
  holds(config: LoraConfig): boolean;
}

/** One variant. */
export interface VariantFacts {
  /** PEFT's key of the field that asks for it. */
  readonly key: string;
  /** The value that asks for it, or null if the configuration does not. */
  setting(config: LoraConfig): unknown;
  /** What it does, for the refusal by a program that does not have it. */
  readonly effect: string;
  /**
   * Whether PEFT has a layer of its own for it, of which a module can have but one: "own", and "alone" where PEFT refuses to
   * choose between two.
   */
  readonly layer?: "own" | "alone";
  /** True where it matters only while an adapter is trained, not when a trained one is used. */
  readonly onlyInTraining?: boolean;
  /** What must hold of its fields. */
  readonly rules?: readonly Rule[];
  /** How a command line asks for it, where one does. */
  readonly option?: VariantOption;
  /** What a person should read about an adapter that has it: a word, and what is to be said. */
  describe?(config: LoraConfig): readonly [word: string, text: string] | null;
  /** By how much a tensor in a file has fewer columns than the matrix that it stands for, if it does. */
  columnsPerStored?(config: LoraConfig, key: TensorKey): number;
  /** Whether nothing reads a tensor of a file: it repeats what another one says, or matters in training alone. */
  isLeftOut?(key: string, keys: Pick<ReadonlySet<string>, "has">): boolean;
  /** The same adapter as plain LoRA, where that can be written without loss. */
  toPlain?(adapter: Adapter): Adapter;
  /** What llama.cpp's files say of it, where they can: a key of their metadata with a list of numbers, and back. */
  readonly gguf?: {
    readonly key: string;
    write(config: LoraConfig): readonly number[];
    read(numbers: readonly number[]): Partial<LoraConfig>;
  };
  /** True where adapters that say the same of it can be combined into one that says so, too. */
  readonly isKeptIfShared?: boolean;
}

/** An option of a command line that sets a variant's field. */
export interface VariantOption {
  /** As it is written: "--use-it", and the name of a value if it takes one. */
  readonly flag: string;
  /** Its name in a program. */
  readonly name: string;
  readonly field: keyof LoraConfig;
  /** "flag": the field is true; "tokens": a text, whose tokens the field has. */
  readonly kind: "flag" | "tokens";
  readonly help: string;
}

/** An object that is there, a list with something in it, a flag that is true; else null. */
export function given(value: unknown): unknown {
  return value === false || (Array.isArray(value) && value.length === 0) ? null : value;
}
