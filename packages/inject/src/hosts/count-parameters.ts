// Counts a model's parameters; tied weights and repeated layers count once.

import type { AdaptableModel } from "@lowrank/contracts";

/** Number of values in all base weights; a shared weight counts once. */
export function countParameters(model: AdaptableModel): number {
  const shared = sharedNames(model);
  const once = (path: string) => shared(firstOfRepeated(path, model.layerOrder));
  const sizes = new Map<string, number>();
  for (const { path, inFeatures, outFeatures, geometry } of model.sites()) {
    const kernel = geometry ? geometry.kernel[0] * geometry.kernel[1] : 1;
    sizes.set(once(`${path}.weight`), (inFeatures * outFeatures * kernel) / (geometry?.groups ?? 1));
  }
  for (const { path, shape } of model.parameters()) {
    sizes.set(
      once(path),
      shape.reduce((product, size) => product * size, 1),
    );
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The name of a repeated layer's weight in the first of these layers. */
function firstOfRepeated(path: string, order: readonly number[] | undefined): string {
  if (order === undefined) return path;
  return path.replace(/\.(\d+)\./, (whole, layer: string) => {
    const original = order[Number(layer)];
    return original === undefined ? whole : `.${order.indexOf(original)}.`;
  });
}

// Finds parameters that are the same weight: an embedding, and modules that use it under another name.

type Tie = readonly [path: string, tiedWith: string];

/** Gives all parameters that share a weight the same name. */
export function sharedNames(model: AdaptableModel): (path: string) => string {
  const ties = new Map([
    ...model
      .sites()
      .flatMap(({ path, tiedWith }): Tie[] =>
        tiedWith === undefined ? [] : [[`${path}.weight`, `${tiedWith}.weight`]],
      ),
    ...model.parameters().flatMap(({ path, tiedWith }): Tie[] => (tiedWith === undefined ? [] : [[path, tiedWith]])),
  ]);
  return (path) => nameOnce(path, ties);
}

/** Follows ties to their end, or to the first name of a cycle. */
function nameOnce(path: string, ties: ReadonlyMap<string, string>): string {
  const passed: string[] = [];
  for (let name: string | undefined = path; name !== undefined; name = ties.get(name)) {
    const first = passed.indexOf(name);
    if (first >= 0) return passed.slice(first).sort()[0] ?? path;
    passed.push(name);
  }
  return passed.at(-1) ?? path;
}
