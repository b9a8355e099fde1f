// Which layers a model has, as its module paths number them: "layers 0 to 5".

import { enumerated } from "@lowrank/contracts";

/** The numbers after each container's name, "layers" → 0, 1, 2, in ascending order. */
export function numberedLayers(paths: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const path of paths)
    for (const [, name = "", digits = ""] of path.matchAll(/(?:^|\.)([^.]+)\.(\d+)(?=\.)/g))
      found.set(name, (found.get(name) ?? new Set()).add(Number.parseInt(digits, 10)));
  return new Map([...found].map(([name, numbers]) => [name, [...numbers].sort((one, other) => one - other)]));
}

/** "layers 0 to 5", "h 1, 3, 7"; of several containers, one after the other. */
export function describeLayers(layers: ReadonlyMap<string, readonly number[]>): string {
  return [...layers].map(([name, numbers]) => `${name} ${describeNumbers(numbers)}`).join("; ");
}

function describeNumbers(numbers: readonly number[]): string {
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  if (numbers.length > 2 && last - first === numbers.length - 1) return `${first} to ${last}`;
  return enumerated(numbers);
}
