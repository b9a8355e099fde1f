// How a base's file may hold a model's weights otherwise than one by one: a tensor for each expert of a stack, several weights in
// one tensor, blocks of few bits with their scales.

import type { ModelConfig } from "@lowrank/contracts/families";
import { planBlocks, planSplits, planStacks } from "@lowrank/contracts/families/checkpoint";

export interface BaseLayout {
  /** The weights that a tensor is or holds, or is a piece of, by the keys that they have in files of today. */
  namesOf(key: string): readonly string[];
  /** Whether a tensor is one weight by itself. */
  isWhole(key: string): boolean;
  /** Whether its numbers have a form that a merge cannot write: it always gives way to what the model computes with. */
  isPacked(key: string): boolean;
}

export function baseLayout(config: ModelConfig, keys: readonly string[]): BaseLayout {
  const pieces = [...planStacks(config, keys)].flatMap(([stack, own]) => own.map((piece) => [piece, [stack]] as const));
  const packed = new Map([...planBlocks(keys)].flatMap(([name, own]) => own.map((key) => [key, [name]] as const)));
  const names = new Map<string, readonly string[]>([...pieces, ...planSplits(config, keys), ...packed]);
  return {
    namesOf: (key) => names.get(key) ?? [key],
    isWhole: (key) => !names.has(key),
    isPacked: (key) => packed.has(key),
  };
}
