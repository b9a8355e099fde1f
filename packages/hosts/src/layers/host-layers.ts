// Makes the hook points of a model's layers, with their names.

import * as tf from "@tensorflow/tfjs-core";
import { HostParameter } from "../hook-points/host-parameter.ts";
import { HostSite } from "../hook-points/host-site.ts";
import { HostWeight, type WeightStore } from "../hook-points/host-weight.ts";
import type { SharedPatch } from "../hook-points/shared-patch.ts";
import type { FoundLayer } from "./find-layers.ts";
import type { LayerVariable } from "./foreign-layer.ts";
import { plainView } from "./kinds/generic-layer.ts";
import { kindOf } from "./kinds/kinds.ts";
import type { HostedLayer, LayerParameter, SiteOutline } from "./layer-kind.ts";

/** A layer that is used several times in a model has one set of hook points. */
export function hostLayer({ layer, path, variables, buffers }: FoundLayer, patch: SharedPatch): HostedLayer {
  const kind = kindOf(layer.getClassName());
  const trained = new Map([...variables].filter(([name]) => !buffers.has(name)));
  const outlines = kind.outlines(layer, trained);
  // The only site of a layer has the layer's name; several sites have their weights' names as well.
  const siteOf = ({ weight }: SiteOutline) => (outlines.length === 1 ? path : `${path}.${weight}`);
  const parameters = [...variables].map(([name, variable]): LayerParameter => {
    const outline = outlines.find(({ weight }) => weight === name);
    const view = outline?.view ?? plainView(variable.read().shape);
    const parameterPath = outline === undefined ? `${path}.${name}` : `${siteOf(outline)}.weight`;
    const weight = new HostWeight(parameterPath, storeOf(variable), view);
    // As in torch's files, where a site's matrix is [outFeatures, inFeatures].
    const transposedInFile = outline?.kind === "linear";
    return {
      name,
      variable,
      isBuffer: buffers.has(name),
      parameter: new HostParameter({ weight, patch, transposedInFile }),
    };
  });
  const parameterOf = (name: string | undefined) => parameters.find((parameter) => parameter.name === name)?.parameter;
  const sites = outlines.map((outline) => {
    const { kind, geometry, view, weight, isOptIn } = outline;
    return new HostSite({
      kind,
      path: siteOf(outline),
      inFeatures: outline.inFeatures ?? view.shape[0]!,
      outFeatures: view.shape.at(-1)!,
      ...(geometry === undefined ? {} : { geometry }),
      weight: parameterOf(weight)!,
      bias: parameterOf(outline.bias),
      isOptIn,
      patch,
    });
  });
  return { layer, path, kind, parameters, sites };
}

function storeOf(variable: LayerVariable): WeightStore {
  return {
    current: () => variable.read(),
    put: (value) => {
      const stored = variable.read();
      if (stored instanceof tf.Variable) stored.assign(value);
    },
  };
}
