// The name that was probably meant, for messages about unknown names.

import { editDistance } from "@lowrank/contracts/internal";

/** The nearest of the names in any case, if at most a third of the letters differ. */
export function nearestName(meant: string, names: readonly string[]): string | undefined {
  const near = names.map((each) => ({ each, distance: editDistance(meant.toLowerCase(), each.toLowerCase()) }));
  const [nearest] = near
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(meant.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return nearest?.each;
}
