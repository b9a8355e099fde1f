// Rows that are held somewhere: an array is such a list, and so are rows on a disk.

/** What is needed of a list of rows; every row may be another object each time it is asked for. */
export interface RowList<Row> extends Iterable<Row> {
  readonly length: number;
  at(index: number): Row | undefined;
  map<Result>(each: (row: Row, index: number) => Result): Result[];
  flatMap<Result>(each: (row: Row, index: number) => Result | readonly Result[]): Result[];
  some(is: (row: Row, index: number) => unknown): boolean;
  entries(): IterableIterator<[number, Row]>;
}

/** The list of whatever gives a row by its number. */
export abstract class NumberedRows<Row> implements RowList<Row> {
  abstract readonly length: number;
  abstract at(index: number): Row | undefined;

  *[Symbol.iterator](): Generator<Row> {
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as Row;
  }

  *entries(): Generator<[number, Row]> {
    let index = 0;
    for (const row of this) {
      yield [index, row];
      index += 1;
    }
  }

  map<Result>(each: (row: Row, index: number) => Result): Result[] {
    return Array.from(this.entries(), ([index, row]) => each(row, index));
  }

  flatMap<Result>(each: (row: Row, index: number) => Result | readonly Result[]): Result[] {
    const found: Result[] = [];
    for (const [index, row] of this.entries()) {
      const result = each(row, index);
      if (isList(result)) found.push(...result);
      else found.push(result);
    }
    return found;
  }

  some(is: (row: Row, index: number) => unknown): boolean {
    for (const [index, row] of this.entries()) if (is(row, index)) return true;
    return false;
  }
}

/** Some rows of a list, by their places in it; of an array an array. */
export function selectRows<Row>(rows: RowList<Row>, places: ArrayLike<number>): RowList<Row> {
  const picked = new ListedRows(places.length, (index) => {
    const place = places[index];
    return place === undefined ? undefined : rows.at(place);
  });
  return Array.isArray(rows) ? [...picked] : picked;
}

/** The rows of lists one after the other; of arrays an array. */
export function concatRows<Row>(lists: readonly RowList<Row>[]): RowList<Row> {
  const [first, ...others] = lists.filter(({ length }) => length > 0);
  if (first === undefined) return [];
  if (others.length === 0) return first;
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const at = (index: number): Row | undefined => {
    let rest = index;
    for (const list of lists) {
      if (rest < list.length) return list.at(rest);
      rest -= list.length;
    }
    return undefined;
  };
  const joined = new ListedRows(length, at, function* () {
    for (const list of lists) yield* list;
  });
  return [first, ...others].every((list) => Array.isArray(list)) ? [...joined] : joined;
}

/** Each row as another one, made when it is asked for; of an array an array. */
export function mapRows<Row, Changed>(rows: RowList<Row>, change: (row: Row) => Changed): RowList<Changed> {
  if (Array.isArray(rows)) return rows.map((row: Row) => change(row));
  const at = (index: number) => {
    const row = rows.at(index);
    return row === undefined ? undefined : change(row);
  };
  return new ListedRows(rows.length, at, function* () {
    for (const row of rows) yield change(row);
  });
}

/** Rows that are made of others whenever one is asked for, of which the length of each is known without that. */
export interface SampledRows<Row> extends RowList<Row> {
  /** About how long each row will be. */
  readonly lengths: ArrayLike<number>;
  /** What a row is made of, where batches have to keep rows apart that have a text in common. */
  textsAt?(index: number): readonly string[] | undefined;
}

/** How rows are drawn. */
export interface DrawOptions<Row, Drawn> {
  /** Makes a row of the one at a place; undefined: there is none, and whoever goes through the list passes it over. */
  make(row: Row, index: number): Drawn | undefined;
  readonly lengths: ArrayLike<number>;
  /** What a row is made of; said where rows are compared. */
  texts?(row: Row): readonly string[];
}

/**
 * Each row as another one, made anew each time: the list is as long as that of its rows, also where some of them give none.
 *
 * @example
 * ```ts
 * import { sampleRows } from "@lowrank/data";
 *
 * const words = sampleRows(["a b", "", "c"], { make: (text) => (text === "" ? undefined : text.split(" ")), lengths: [2, 0, 1] });
 * if (words.length !== 3 || [...words].join(";") !== "a,b;c") throw new Error("wrong rows");
 * ```
 */
export function sampleRows<Row, Drawn>(rows: RowList<Row>, options: DrawOptions<Row, Drawn>): SampledRows<Drawn> {
  return new MadeRows(rows, options);
}

class MadeRows<Row, Drawn> extends NumberedRows<Drawn> implements SampledRows<Drawn> {
  constructor(
    private readonly rows: RowList<Row>,
    private readonly options: DrawOptions<Row, Drawn>,
  ) {
    super();
  }

  get length(): number {
    return this.rows.length;
  }

  get lengths(): ArrayLike<number> {
    return this.options.lengths;
  }

  textsAt(index: number): readonly string[] | undefined {
    const row = this.rows.at(index);
    return row === undefined ? undefined : this.options.texts?.(row);
  }

  override *[Symbol.iterator](): Generator<Drawn> {
    for (const [, drawn] of this.entries()) yield drawn;
  }

  override *entries(): Generator<[number, Drawn]> {
    for (const [index, row] of this.rows.entries()) {
      const drawn = this.options.make(row, index);
      if (drawn !== undefined) yield [index, drawn];
    }
  }

  at(index: number): Drawn | undefined {
    const row = this.rows.at(index);
    return row === undefined ? undefined : this.options.make(row, index);
  }
}

/** Rows that are made when they are asked for; `all` gives them in order where that is quicker than one by one. */
export class ListedRows<Row> extends NumberedRows<Row> {
  constructor(
    readonly length: number,
    readonly at: (index: number) => Row | undefined,
    private readonly all?: () => Iterable<Row>,
  ) {
    super();
  }

  override *[Symbol.iterator](): Generator<Row> {
    yield* this.all?.() ?? super[Symbol.iterator]();
  }
}

function isList<Result>(result: Result | readonly Result[]): result is readonly Result[] {
  return Array.isArray(result);
}
