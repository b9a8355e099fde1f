// Layer replication (PEFT's `layer_replication`): a deeper model whose layers repeat those of another one. Weights are
// shared, so memory does not grow. Hook points are not shared, so each repetition has its own adapters.

import type { Part } from "@lowrank/engine/hook-points";
import { layerOrderError } from "../errors.ts";
import type { Backbone } from "../parts/backbone/backbone.ts";
import { type ModelAssembly, outlineModel } from "./outline-model.ts";

/** `order` has, for each new layer, the index of the old layer that it repeats. Throws LAYER_ORDER. */
export function replicateLayers(assembly: ModelAssembly, order: readonly number[]): ModelAssembly {
  checkOrder(assembly, order);
  const { config, task } = assembly;
  // transformers reads a layer's type from its configuration by position, so windows stay at their positions. A longer model has
  // no types for its last positions (IndexError in PEFT): here each layer takes its window along, like its rotation and its kind.
  const isLonger = order.length > config.layers;
  const windows = order.map((layer, position) => config.windows[isLonger ? layer : position] ?? null);
  const rotatingLayers = order.map((layer) => config.rotatingLayers[layer] ?? true);
  const layerKinds = order.map((layer) => config.layerKinds[layer] ?? "plain");
  const layers = { layers: order.length, windows, rotatingLayers, layerKinds };
  const outline = outlineModel({ config: { ...config, ...layers }, task });
  const replicated = {
    ...assembly,
    config: outline.plan.config,
    parts: outline.parts,
    backbone: outline.backbone,
    head: outline.head,
    layerOrder: order.map((layer) => assembly.layerOrder?.[layer] ?? layer),
  };
  const originals = inPieces(assembly);
  const copies = inPieces(replicated);
  const pairs = [
    ...pairUp(copies.embed, originals.embed),
    ...order.flatMap((layer, position) => pairUp(copies.layers[position] ?? [], originals.layers[layer] ?? [])),
    ...pairUp(copies.rest, originals.rest),
  ];
  // In module order, so that the embedding shares its table before a head that is tied to it.
  for (const part of outline.parts) part.shareFrom(pairs.find(([copy]) => copy === part)![1]);
  return replicated;
}

function checkOrder({ config, backbone }: ModelAssembly, order: readonly number[]): void {
  if (backbone.decoder !== undefined)
    throw layerOrderError(order, `a model of type ${config.modelType} has two stacks of layers`);
  // Gemma 4's layers also differ in their shapes, and use others' keys.
  if (config.stages.length + Object.keys(config.towers).length + config.globalHeadSize > 0)
    throw layerOrderError(order, `a model of type ${config.modelType} has several kinds of layers`);
  const isLayer = (layer: number) => Number.isInteger(layer) && layer >= 0 && layer < config.layers;
  if (order.length === 0 || !order.every(isLayer))
    throw layerOrderError(order, `the model's layers are numbered from 0 to ${config.layers - 1}`);
}

interface Pieces {
  readonly embed: readonly Part[];
  readonly layers: readonly (readonly Part[])[];
  /** Last norms and the head. */
  readonly rest: readonly Part[];
}

function inPieces({
  config,
  backbone,
  parts,
}: Pick<ModelAssembly, "config" | "parts"> & { backbone: Backbone }): Pieces {
  const embed = backbone.embed.parts;
  const layers = backbone.stages.slice(0, config.layers).map((stage) => stage.parts);
  const listed = new Set([...embed, ...layers.flat()]);
  return { embed, layers, rest: parts.filter((part) => !listed.has(part)) };
}

/** The same family table made both lists, so that they agree part by part. */
function pairUp(copies: readonly Part[], originals: readonly Part[]): readonly (readonly [Part, Part])[] {
  return copies.map((copy, index) => [copy, originals[index]!] as const);
}
