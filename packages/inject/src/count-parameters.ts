// How many numbers a model has, tied weights once.

import type { AdaptableModel } from "@lowrank/contracts";

/** Numbers in all weights of the base model, counting a weight that several modules share once. */
export function countParameters(model: AdaptableModel): number {
  const sizes = new Map<string, number>();
  for (const site of model.sites()) {
    const kernel = site.geometry ? site.geometry.kernel[0] * site.geometry.kernel[1] : 1;
    const groups = site.geometry?.groups ?? 1;
    sizes.set(
      nameOnce(`${site.path}.weight`, site.tiedWith && `${site.tiedWith}.weight`),
      (site.inFeatures * site.outFeatures * kernel) / groups,
    );
  }
  for (const { path, shape, tiedWith } of model.parameters()) {
    sizes.set(
      nameOnce(path, tiedWith),
      shape.reduce((product, size) => product * size, 1),
    );
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Both partners of a tie get the same name. */
function nameOnce(path: string, tiedWith: string | undefined): string {
  return tiedWith !== undefined && tiedWith < path ? tiedWith : path;
}
