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

/** Some rows of a list, by their places in it. */
export function pickRows<Row>(rows: RowList<Row>, places: ArrayLike<number>): RowList<Row> {
  return new PickedRows(rows, places);
}

/** The rows of lists one after the other. */
export function joinRows<Row>(lists: readonly RowList<Row>[]): RowList<Row> {
  const [first, ...others] = lists.filter(({ length }) => length > 0);
  if (first === undefined) return [];
  return others.length === 0 ? first : new JoinedRows([first, ...others]);
}

/** Each row as another one, made when it is asked for; of an array an array. */
export function changeRows<Row, Changed>(rows: RowList<Row>, change: (row: Row) => Changed): RowList<Changed> {
  return Array.isArray(rows) ? rows.map((row: Row) => change(row)) : new ChangedRows(rows, change);
}

class ChangedRows<Row, Changed> extends NumberedRows<Changed> {
  constructor(
    private readonly rows: RowList<Row>,
    private readonly change: (row: Row) => Changed,
  ) {
    super();
  }

  get length(): number {
    return this.rows.length;
  }

  override *[Symbol.iterator](): Generator<Changed> {
    for (const row of this.rows) yield this.change(row);
  }

  at(index: number): Changed | undefined {
    const row = this.rows.at(index);
    return row === undefined ? undefined : this.change(row);
  }
}

class PickedRows<Row> extends NumberedRows<Row> {
  constructor(
    private readonly rows: RowList<Row>,
    private readonly places: ArrayLike<number>,
  ) {
    super();
  }

  get length(): number {
    return this.places.length;
  }

  at(index: number): Row | undefined {
    const place = this.places[index];
    return place === undefined ? undefined : this.rows.at(place);
  }
}

class JoinedRows<Row> extends NumberedRows<Row> {
  readonly length: number;

  constructor(private readonly lists: readonly RowList<Row>[]) {
    super();
    this.length = lists.reduce((sum, { length }) => sum + length, 0);
  }

  override *[Symbol.iterator](): Generator<Row> {
    for (const list of this.lists) yield* list;
  }

  at(index: number): Row | undefined {
    let rest = index;
    for (const list of this.lists) {
      if (rest < list.length) return list.at(rest);
      rest -= list.length;
    }
    return undefined;
  }
}

function isList<Result>(result: Result | readonly Result[]): result is readonly Result[] {
  return Array.isArray(result);
}
