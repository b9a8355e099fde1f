// Changes the structure of JSON: other types, lengths and names, things twice, missing, swapped or far too deep.

import { hostileText, hostileTree } from "./hostile-values.ts";
import { copyTree, Entries, type JsonTree, Raw, writeTree } from "./json-tree.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import type { Random } from "./random.ts";

/** A place in a tree that something can be put into. */
interface Slot {
  readonly siblings: JsonTree[] | Entries;
  readonly index: number;
}

/** Makes inputs of JSON seeds: most with a few changes, some as they are, some with broken bytes. */
export function jsonInput(seeds: readonly JsonTree[], random: Random): Uint8Array {
  const bytes = jsonBytes(mutateJson(random.pick(seeds), seeds, random));
  return random.chance(0.1) ? mutateBytes(bytes, random) : bytes;
}

export function jsonBytes(tree: JsonTree): Uint8Array {
  return new TextEncoder().encode(writeTree(tree));
}

/** A copy of a tree with no to four changes; parts of `others` may be put into it. */
export function mutateJson(tree: JsonTree, others: readonly JsonTree[], random: Random): JsonTree {
  const whole = [copyTree(tree)];
  const changes = random.pick([0, 1, 1, 1, 2, 2, 3, 4]);
  for (let change = 0; change < changes; change += 1) {
    const slot = findSlot(whole, random);
    if (slot.siblings === whole && random.chance(0.9)) continue; // seldom the whole: nothing else would be left of it
    changeAt(slot, { whole, others, random });
  }
  return whole[0] ?? null;
}

/** Goes down from the root; deep places are as likely as the way to them is long. */
function findSlot(whole: JsonTree[], random: Random): Slot {
  let slot: Slot = { siblings: whole, index: 0 };
  for (;;) {
    const value = valueAt(slot);
    const inner = value instanceof Entries ? value.list : Array.isArray(value) ? value : [];
    if (inner.length === 0 || random.chance(0.2)) return slot;
    slot = { siblings: value as JsonTree[] | Entries, index: random.integer(inner.length) };
  }
}

interface Surroundings {
  readonly whole: JsonTree[];
  readonly others: readonly JsonTree[];
  readonly random: Random;
}

function changeAt(slot: Slot, { whole, others, random }: Surroundings): void {
  const value = valueAt(slot);
  const list: unknown[] = slot.siblings instanceof Entries ? slot.siblings.list : slot.siblings;
  switch (random.integer(10)) {
    case 0:
    case 1:
      put(slot, hostileTree(random));
      break;
    case 2:
      put(slot, nudged(value, random));
      break;
    case 3:
      list.splice(slot.index, 1);
      break;
    case 4: {
      const again = list[slot.index];
      list.push(...Array.from({ length: random.pick([1, 1, 2, 50]) }, () => again));
      break;
    }
    case 5:
      if (slot.siblings instanceof Entries) slot.siblings.list[slot.index] = [hostileText(random), value];
      break;
    case 6:
      if (slot.siblings instanceof Entries) slot.siblings.list.push([hostileText(random), hostileTree(random)]);
      else slot.siblings.push(hostileTree(random));
      break;
    case 7:
      put(slot, copyTree(valueAt(findSlot(whole, random))));
      break;
    case 8:
      put(slot, copyTree(valueAt(findSlot([random.pick(others)], random))));
      break;
    default:
      put(slot, random.chance(0.5) ? [value] : new Entries([[hostileText(random), value]]));
  }
}

/** A value close to the right one. */
function nudged(value: JsonTree, random: Random): JsonTree {
  if (typeof value === "boolean") return random.pick([!value, value ? 1 : 0, String(value)]);
  if (typeof value === "number") {
    const near = [value + 1, value - 1, value * 2, -value, value / 2, value + 0.5, value * 1_000_003, String(value)];
    return random.pick<JsonTree>([...near, new Raw(`${value}.0`), new Raw(`${value}e0`)]);
  }
  if (typeof value !== "string") return hostileTree(random);
  const at = random.integer(value.length + 1);
  return random.pick([
    value.slice(0, at) + hostileText(random) + value.slice(at),
    value.slice(at),
    value.toUpperCase(),
  ]);
}

function valueAt({ siblings, index }: Slot): JsonTree {
  return (siblings instanceof Entries ? siblings.list[index]?.[1] : siblings[index]) ?? null;
}

function put({ siblings, index }: Slot, value: JsonTree): void {
  if (!(siblings instanceof Entries)) siblings[index] = value;
  else siblings.list[index] = [siblings.list[index]?.[0] ?? "", value];
}
