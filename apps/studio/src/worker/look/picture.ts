// ‖ΔW‖ / ‖W‖ of every layer. Plain updates come from small matrices; others are merged into their weight, one at a time.

import type { AdapterHandle, WeightChange } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { OpenedModel } from "lowrank/browser";
import type { CallHandler } from "../call-handler.ts";
import { attached } from "../shelf/attached.ts";
import { placeOf } from "./place.ts";
import { normOf, updatesIn } from "./updates.ts";

/** ‖W‖ by the layer's path: the base never changes. */
const knownNorms = new WeakMap<OpenedModel, Map<string, number>>();

/** Throws the errors of attaching: the picture shows an adapter on its own base. */
export const picture: CallHandler<"picture"> = async (state, { id }) => {
  const adapter = await attached(state, id);
  const updates = updatesIn(await adapter.toAdapter());
  const { opened } = state.loaded;
  const norms = knownNorms.get(opened) ?? new Map<string, number>();
  knownNorms.set(opened, norms);
  const cells = [];
  const without = [];
  for (const { site } of adapter.handle.sites) {
    const place = placeOf(site.path);
    const weight = norms.get(site.path) ?? (await normOfTensor(() => site.readWeight()));
    norms.set(site.path, weight);
    const update = updates.get(site.path);
    const delta = update?.isWhole ? normOf(update) : await foldedNorm(adapter.handle, site.path);
    if (delta === undefined || weight === 0) without.push(place);
    else cells.push({ ...place, change: delta / weight });
  }
  return { id, cells, without };
};

/** ‖W' − W‖ of a layer with more than A and B; undefined if it cannot be merged into the weight. */
async function foldedNorm({ changes }: AdapterHandle, site: string): Promise<number | undefined> {
  const changeOf = (path: string): WeightChange | undefined => changes.find((change) => change.path === path);
  const change = changeOf(`${site}.weight`);
  if (change === undefined || change.problem !== undefined || change.kind !== "update") return undefined;
  return normOfTensor(() => {
    const base = change.read();
    const folded = change.fold(base, base, (path) => changeOf(path)?.read() ?? tf.scalar(0));
    return tf.sub(folded, base);
  });
}

async function normOfTensor(make: () => tf.Tensor): Promise<number> {
  const norm = tf.tidy(() => tf.sqrt(tf.sum(tf.square(make()))));
  try {
    return (await norm.data())[0] ?? 0;
  } finally {
    norm.dispose();
  }
}
