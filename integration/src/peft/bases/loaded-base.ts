// A base in memory, on which an adapter is trained: with more tokens or repeated layers if its row has them.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoraConfig } from "@lowrank/adapter-format";
import { PretrainedModel } from "@lowrank/models";
import { type Fixture, type FixtureTensor, readTensors } from "@lowrank/testing";
import { loadParityModel } from "../../parity/fixture/load-parity-model.ts";
import { type ParityModel, withLayersOf } from "../../parity/parity-model.ts";
import { lineNet, lineNetType } from "./line-net.ts";
import type { Base } from "./open-base.ts";

/** The model to train on; `dispose` frees all of it. */
export interface LoadedBase {
  readonly folder: string;
  readonly model: ParityModel;
  readonly batch: Fixture;
  /** The vocabulary's size, where it is not that of the files. */
  readonly vocabulary?: number;
  dispose(): void;
}

export interface LoadBaseOptions {
  readonly config: LoraConfig;
  readonly addedTokens?: number | undefined;
}

/** Loads a base for an adapter with `config`. */
export async function loadBase({ folder, batch }: Base, { config, addedTokens }: LoadBaseOptions): Promise<LoadedBase> {
  const stored = await load(folder);
  const loaded = addedTokens === undefined ? stored : resized(stored, addedTokens);
  const model = withLayersOf(loaded, config);
  const isResized = loaded instanceof PretrainedModel && addedTokens !== undefined;
  return {
    folder,
    model,
    batch: isResized ? withNewTokens(batch, loaded.config.vocabularySize, addedTokens) : batch,
    ...(isResized && { vocabulary: loaded.config.vocabularySize }),
    dispose: () => {
      model.dispose();
      loaded.dispose();
    },
  };
}

async function load(folder: string): Promise<ParityModel> {
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as { model_type?: string };
  if (config.model_type !== lineNetType) return loadParityModel(folder);
  return lineNet(await readTensors(join(folder, "model.safetensors")));
}

function resized(stored: ParityModel, addedTokens: number): ParityModel {
  if (!(stored instanceof PretrainedModel)) throw new TypeError("This model has no vocabulary.");
  try {
    return stored.withVocabulary(stored.config.vocabularySize + addedTokens);
  } finally {
    stored.dispose();
  }
}

/** The batch with the last tokens of the vocabulary in each row's first places, if it has new ones. */
function withNewTokens(batch: Fixture, size: number, added: number): Fixture {
  if (added <= 0) return batch;
  const replaced = (tensor: FixtureTensor): FixtureTensor => {
    const [, time = 1] = tensor.shape;
    const values = tensor.values.map((id, index) => {
      const position = index % time;
      return id >= 0 && position < added ? size - 1 - position : id;
    });
    return { ...tensor, values };
  };
  const ofTokens = [...batch.tensors].filter(
    ([name, { shape }]) => name === "input_ids" || (name === "labels" && shape.length === 2),
  );
  const tensors = new Map([...batch.tensors, ...ofTokens.map(([name, tensor]) => [name, replaced(tensor)] as const)]);
  return { ...batch, tensors, tensor: (name) => tensors.get(name)! };
}
