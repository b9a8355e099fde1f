// Lists of rows, in memory (an array) or on disk.

/** A list of rows. Each access may return a new object for the same row. */
export interface RowList<Row> extends Iterable<Row> {
  readonly length: number;
  at(index: number): Row | undefined;
  map<Result>(each: (row: Row, index: number) => Result): Result[];
  flatMap<Result>(each: (row: Row, index: number) => Result | readonly Result[]): Result[];
  some(is: (row: Row, index: number) => unknown): boolean;
  entries(): IterableIterator<[number, Row]>;
}

/** A list whose rows are read by index. */
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

/** Some rows of a list, by their indices; for an array an array. */
export function selectRows<Row>(rows: RowList<Row>, indices: ArrayLike<number>): RowList<Row> {
  const picked = new ListedRows(indices.length, (index) => {
    const chosen = indices[index];
    return chosen === undefined ? undefined : rows.at(chosen);
  });
  return Array.isArray(rows) ? [...picked] : picked;
}

/** The rows of all lists in sequence; for arrays an array. */
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

/** Applies a function to each row on access; for an array the result is an array. */
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

/** Rows that are made on each access, with expected lengths that are known beforehand. */
export interface SampledRows<Row> extends RowList<Row> {
  /** The expected length of each row. */
  readonly lengths: ArrayLike<number>;
  /** The texts of a row, for batches that must not contain the same text twice. */
  textsAt?(index: number): readonly string[] | undefined;
}

/** How rows are sampled. */
export interface DrawOptions<Row, Drawn> {
  /** Makes a new row from the row at an index; undefined leaves it out. */
  make(row: Row, index: number): Drawn | undefined;
  readonly lengths: ArrayLike<number>;
  /** The texts of a row; only for comparisons. */
  texts?(row: Row): readonly string[];
}

/** A list that makes each row again on every access. It has the length of the given list, even if `make` returns undefined for some. */
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

/** Rows that are made on access. `all` reads them in order, if that is faster than one by one. */
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
