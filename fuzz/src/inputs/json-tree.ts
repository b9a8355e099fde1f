// JSON that can be wrong: an object may hold a key twice, and a number may be written in ways that JSON does not know.

/** An object as its entries, in the order of the text. */
export class Entries {
  constructor(readonly list: [key: string, value: JsonTree][]) {}
}

/** Text that is written into the file unchanged. */
export class Raw {
  constructor(readonly text: string) {}
}

export type JsonTree = null | boolean | number | string | JsonTree[] | Entries | Raw;

/** Parsed JSON as a tree. */
export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== "object" || value === null) return value as null | boolean | number | string;
  return new Entries(Object.entries(value).map(([key, entry]) => [key, treeOf(entry)]));
}

/** A copy that may be changed. */
export function copyTree(tree: JsonTree): JsonTree {
  if (Array.isArray(tree)) return tree.map(copyTree);
  if (tree instanceof Entries) return new Entries(tree.list.map(([key, value]) => [key, copyTree(value)]));
  return tree;
}

/** The text of a tree. */
export function writeTree(tree: JsonTree): string {
  if (Array.isArray(tree)) return `[${tree.map(writeTree).join(",")}]`;
  if (tree instanceof Entries) {
    return `{${tree.list.map(([key, value]) => `${JSON.stringify(key)}:${writeTree(value)}`).join(",")}}`;
  }
  return tree instanceof Raw ? tree.text : JSON.stringify(tree);
}
