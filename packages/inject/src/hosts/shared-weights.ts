// Which parameters of a model are one weight: a table, and whatever reads it under another name.

import type { AdaptableModel } from "@lowrank/contracts";

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
