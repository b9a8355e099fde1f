// How many numbers a model has, tied weights and repeated layers once.

import type { AdaptableModel } from "@lowrank/contracts";

/** Numbers in all weights of the base model, counting a weight that several modules share once. */
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

/** A weight of a repeated layer under the name that it has in the first of them. */
function firstOfRepeated(path: string, order: readonly number[] | undefined): string {
  if (order === undefined) return path;
  return path.replace(/\.(\d+)\./, (whole, layer: string) => {
    const original = order[Number(layer)];
    return original === undefined ? whole : `.${order.indexOf(original)}.`;
  });
}

// Which parameters of a model are one weight: a table, and whatever reads it under another name.

type Tie = readonly [path: string, tiedWith: string];

/** Gives all parameters that share a weight one name, and every other its own. */
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

/** Ties are followed to their end, or to the first name of their circle. */
function nameOnce(path: string, ties: ReadonlyMap<string, string>): string {
  const passed: string[] = [];
  for (let name: string | undefined = path; name !== undefined; name = ties.get(name)) {
    const first = passed.indexOf(name);
    if (first >= 0) return passed.slice(first).sort()[0] ?? path;
    passed.push(name);
  }
  return passed.at(-1) ?? path;
}
