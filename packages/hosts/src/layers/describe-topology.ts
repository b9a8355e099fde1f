// How a LayersModel is built, as lines of text: what an adapter must find again in the model that it is attached to.

import type { Topology } from "../topology/topology.ts";
import { type ForeignLayer, fieldOf, layersOf } from "./foreign-layer.ts";
import type { HostedLayer } from "./layer-kind.ts";

/** What decides about a layer's output beside its weights, and is short. */
const fields: readonly string[] = ["activation", "strides", "padding", "dilationRate", "dataFormat", "axis", "mode"];

export function describeTopology(model: ForeignLayer, layers: readonly HostedLayer[]): Topology {
  const inputs = new Map(inputsOf(model));
  return layers.map(({ layer, path, parameters }) => {
    const weights = parameters.map(({ name, variable }) => `${name}[${variable.read().shape.join()}]`);
    const settings = fields.flatMap((field) => {
      const value = fieldOf(layer, field);
      return value === undefined || value === null ? [] : [`${field}=${JSON.stringify(value)}`];
    });
    const from = inputs.get(layer);
    return [path, layer.getClassName(), ...weights, ...settings, ...(from ? [`< ${from}`] : [])].join(" ");
  });
}

/** The names of the layers that each layer reads, where the model says so. */
function inputsOf(model: ForeignLayer): readonly (readonly [layer: ForeignLayer, names: string])[] {
  return (layersOf(model) ?? []).flatMap((layer) => {
    const nodes: unknown = "inboundNodes" in layer ? layer.inboundNodes : [];
    const names = (Array.isArray(nodes) ? nodes : []).flatMap((node: { inboundLayers?: readonly ForeignLayer[] }) =>
      (node.inboundLayers ?? []).map(({ name }) => name),
    );
    return [[layer, [...new Set(names)].join(", ")] as const, ...inputsOf(layer)];
  });
}
