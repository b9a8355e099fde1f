// The table of forward passes. A new family: its file, and one line here.

import { UnsupportedModelError } from "@lowrank/families";
import { bertHeads } from "../heads/bert-heads.ts";
import { decoderHeads } from "../heads/decoder-heads.ts";
import type { Head } from "../heads/head.ts";
import type { PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk.ts";
import { bert } from "./bert.ts";
import { gpt2 } from "./gpt2.ts";
import { llama } from "./llama.ts";

/** How one family computes. */
export interface Architecture {
  trunk(model: PartList): Trunk;
  /** The head of the plan's task. */
  head(model: PartList, trunk: Trunk): Head;
}

const architectures: ReadonlyMap<string, Architecture> = new Map([
  ["gpt2", { trunk: gpt2, head: decoderHeads }],
  ["llama", { trunk: llama, head: decoderHeads }],
  ["bert", { trunk: bert, head: bertHeads }],
]);

export function architectureFor(modelType: string): Architecture {
  const architecture = architectures.get(modelType);
  if (architecture === undefined) throw new UnsupportedModelError(modelType, [...architectures.keys()].sort());
  return architecture;
}
