// Finds all layers of a model, each once, including layers of inner models, of wrappers, and of custom layers.

import { type ForeignLayer, isLayer, type LayerVariable, lastName, layersOf } from "./foreign-layer.ts";

export interface FoundLayer {
  readonly layer: ForeignLayer;
  /** The names from the model to the layer, joined by dots: "backbone.dense_1". */
  readonly path: string;
  /** Its own weights by name, without weights of inner layers. */
  readonly variables: ReadonlyMap<string, LayerVariable>;
  /** Names of weights that `fit` never trains: moving averages. */
  readonly buffers: ReadonlySet<string>;
}

export function findLayers(model: ForeignLayer): readonly FoundLayer[] {
  const seen = new Set<ForeignLayer>();
  return (layersOf(model) ?? []).flatMap((layer) => layersIn(layer, layer.name, seen));
}

function layersIn(layer: ForeignLayer, path: string, seen: Set<ForeignLayer>): readonly FoundLayer[] {
  if (seen.has(layer)) return [];
  seen.add(layer);
  const layers = layersOf(layer);
  if (layers !== undefined) return layers.flatMap((inner) => layersIn(inner, `${path}.${inner.name}`, seen));
  // A recurrent layer calls its cell at every step. Its adapted weights are computed once in a call, for all steps.
  const cells = cellsOf(layer);
  if (cells.length > 0) return [{ layer, path, variables: cellVariables(cells), buffers: new Set() }];
  const inside = heldBy(layer).flatMap(([name, inner]) => layersIn(inner, `${path}.${name}`, seen));
  const variablesOfInner = new Set(inside.flatMap(({ variables }) => [...variables.values()]));
  const ownVariables = layer.weights.filter((variable) => !variablesOfInner.has(variable));
  return [{ layer, path, variables: byName(ownVariables), buffers: buffersOf(layer) }, ...inside];
}

/** The cell of a recurrent layer, or all cells of a stack. */
function cellsOf(layer: ForeignLayer): readonly ForeignLayer[] {
  const cell: unknown = "cell" in layer ? layer.cell : undefined;
  if (!isLayer(cell)) return [];
  const cells: unknown = "cells" in cell ? cell.cells : undefined;
  return Array.isArray(cells) ? cells.filter(isLayer) : [cell];
}

function cellVariables(cells: readonly ForeignLayer[]): ReadonlyMap<string, LayerVariable> {
  const [only, ...others] = cells.map(({ weights }) => byName(weights));
  if (only === undefined || others.length === 0) return only ?? new Map();
  return new Map([only, ...others].flatMap((one, index) => [...one].map(([name, v]) => [`cells.${index}.${name}`, v])));
}

/** Layers in properties of a layer: `layer` of a wrapper, `forwardLayer` and `backwardLayer` of a bidirectional one. */
function heldBy(layer: ForeignLayer): readonly (readonly [name: string, layer: ForeignLayer])[] {
  return Object.entries(layer).flatMap(([name, value]) => {
    if (isLayer(value)) return [[name, value] as const];
    if (!Array.isArray(value)) return [];
    return value.flatMap((one, index) => (isLayer(one) ? [[`${name}.${index}`, one] as const] : []));
  });
}

/** Weights by name. Weights of the same name get numbers, by their order. */
function byName(variables: readonly LayerVariable[]): ReadonlyMap<string, LayerVariable> {
  const named = new Map<string, LayerVariable>();
  for (const variable of variables) {
    const name = lastName(variable);
    named.set(named.has(name) ? `${name}_${named.size}` : name, variable);
  }
  return named;
}

function buffersOf(layer: ForeignLayer): ReadonlySet<string> {
  const found: unknown = "_nonTrainableWeights" in layer ? layer._nonTrainableWeights : [];
  const variables: ReadonlySet<unknown> = new Set(Array.isArray(found) ? found : []);
  return new Set([...byName(layer.weights)].flatMap(([name, variable]) => (variables.has(variable) ? [name] : [])));
}
