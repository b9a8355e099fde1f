// Reads a model's weights in the layout of files.

import { type FileLayout, plainLayout, siteKinds, transposedLayout } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { ExportableModel } from "./exportable-model.ts";

type HookPoints = Pick<ExportableModel, "sites" | "parameters">;

/** The model's current value in the layout of files. The caller owns it. */
export function readAsStored(model: HookPoints, path: string): tf.Tensor {
  return tf.tidy(() => {
    const parameter = model.parameters().find((candidate) => candidate.path === path);
    return storedLayout(model, path).toFile(parameter?.read() ?? siteOf(model, path).readWeight());
  });
}

/** Reads a tensor's numbers and disposes of it. */
export async function takeValues(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<"float32">();
  } finally {
    tensor.dispose();
  }
}

/** The layout of a weight in a file, relative to the layout that the model computes with. */
export function storedLayout(model: HookPoints, path: string): FileLayout {
  const parameter = model.parameters().find((candidate) => candidate.path === path);
  if (parameter !== undefined) return parameter.transposedInFile ? transposedLayout : plainLayout;
  const site = siteOf(model, path);
  return siteKinds[site.kind].weightLayout(site);
}

function siteOf(model: HookPoints, path: string) {
  const site = model.sites().find((candidate) => `${candidate.path}.weight` === path);
  if (!site) throw new Error(`The model has no parameter "${path}".`);
  return site;
}
