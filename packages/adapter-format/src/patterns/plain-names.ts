// Regular expressions that are module paths, as nearly all are: a table finds thousands of them as fast as one.

/** Characters that mean themselves, and dots; after a "^" or not. */
const plain = /^\^?(?:[A-Za-z0-9_-]|\\?[.-])+$/;

/** A model's paths have a few dozen shapes; each costs a look-up. */
const mostShapes = 256;

/** Names of the same length, with their dots for any character at the same places. */
interface Shape {
  readonly length: number;
  /** Where a dot stands for any character. */
  readonly open: readonly number[];
  /** Whether nothing may stand before the name ("^"). */
  readonly isWhole: boolean;
  /** The place in the list of the first such name, by its text. */
  readonly places: Map<string, number>;
}

/** Names with their places in a list, found as the expressions that they are would find them. */
export class PlainNames {
  readonly #shapes = new Map<string, Shape>();
  readonly #byLength = new Map<number, Shape[]>();

  /** Takes a name; false if it is more than a name, or of too many shapes. */
  add(source: string, place: number): boolean {
    if (!plain.test(source)) return false;
    const isWhole = source.startsWith("^");
    const name = source.replace(/[\^\\]/g, "");
    const shape = this.#shape({ length: name.length, open: openDots(source.slice(Number(isWhole))), isWhole });
    if (shape === null) return false;
    if (!shape.places.has(name)) shape.places.set(name, place);
    return true;
  }

  /** The place of the first name that is all of a text or its end after a dot; Infinity if there is none. */
  firstAtEnd(text: string): number {
    // Neither a dot nor what may stand before a name takes a line break.
    if (text.includes("\n")) return Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    const characters = [...text];
    for (let start = 0; start < characters.length; start = nextStart(characters, start))
      for (const { open, isWhole, places } of this.#byLength.get(characters.length - start) ?? []) {
        if (isWhole && start > 0) continue;
        first = Math.min(first, places.get(withDots(characters.slice(start), open)) ?? first);
      }
    return first;
  }

  #shape(wanted: Omit<Shape, "places">): Shape | null {
    const id = `${wanted.length} ${wanted.isWhole} ${wanted.open}`;
    const known = this.#shapes.get(id);
    if (known !== undefined || this.#shapes.size === mostShapes) return known ?? null;
    const shape = { ...wanted, places: new Map<string, number>() };
    this.#shapes.set(id, shape);
    this.#byLength.set(shape.length, [...(this.#byLength.get(shape.length) ?? []), shape]);
    return shape;
  }
}

/** Where the dots without a backslash stand, not counting backslashes. */
function openDots(source: string): readonly number[] {
  const open: number[] = [];
  let backslashes = 0;
  for (let at = source.search(/[.\\]/); at >= 0 && at < source.length; at += 1) {
    if (source[at] === ".") open.push(at - backslashes);
    if (source[at] !== "\\") continue;
    backslashes += 1;
    at += 1;
  }
  return open;
}

function nextStart(characters: readonly string[], start: number): number {
  const dot = characters.indexOf(".", start);
  return dot < 0 ? characters.length : dot + 1;
}

function withDots(characters: string[], open: readonly number[]): string {
  for (const at of open) characters[at] = ".";
  return characters.join("");
}
