// A model's weights with their axes as files have them.

import { type FileLayout, plainLayout, siteKinds, transposedLayout } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { ExportableModel } from "./exportable-model.ts";

type HookPoints = Pick<ExportableModel, "sites" | "parameters">;

/** The model's present value as files store it; the caller owns it. */
export function readAsStored(model: HookPoints, path: string): tf.Tensor {
  return tf.tidy(() => {
    const parameter = model.parameters().find((one) => one.path === path);
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

/** How a weight lies in a file, seen from how it is computed with. */
export function storedLayout(model: HookPoints, path: string): FileLayout {
  const parameter = model.parameters().find((one) => one.path === path);
  if (parameter !== undefined) return parameter.transposedInFile ? transposedLayout : plainLayout;
  const site = siteOf(model, path);
  return siteKinds[site.kind].weightLayout(site);
}

function siteOf(model: HookPoints, path: string) {
  const site = model.sites().find((one) => `${one.path}.weight` === path);
  if (!site) throw new Error(`The model has no parameter "${path}".`);
  return site;
}
