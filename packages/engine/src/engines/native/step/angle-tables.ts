// The rotation angles of queries and keys, stored at the columns of the keys.

import type { StepRotation } from "../../../step/step-plan.ts";

/** [capacity, pairs] each. */
export interface Angles {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Positions [time] of one row's newest tokens. The first is in column `column`. */
export interface ColumnPositions {
  readonly column: number;
  readonly positions: readonly number[];
}

export class AngleTables {
  readonly #tables = new Map<StepRotation, Angles>();
  readonly #rotations: ReadonlySet<StepRotation>;
  #capacity = 0;

  constructor(rotations: Iterable<StepRotation>) {
    this.#rotations = new Set(rotations);
  }

  of(rotation: StepRotation): Angles {
    const table = this.#tables.get(rotation);
    if (table === undefined) throw new Error("A plan's angles are missing.");
    return table;
  }

  /** Allocates tables for this many columns, unless they have that size. */
  makeRoom(capacity: number): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    for (const rotation of this.#rotations) {
      const size = capacity * rotation.pairs;
      this.#tables.set(rotation, { cos: new Float32Array(size), sin: new Float32Array(size) });
    }
  }

  fill(rows: readonly ColumnPositions[]): void {
    for (const rotation of this.#rotations) {
      const table = this.of(rotation);
      for (const { column, positions } of rows) {
        const { cos, sin } = rotation.angles(positions);
        table.cos.set(cos, column * rotation.pairs);
        table.sin.set(sin, column * rotation.pairs);
      }
    }
  }
}

/** Whether rows whose newest tokens are in the same column have the same position there: they share a table. */
export function agreeOnColumns(rows: readonly ColumnPositions[]): boolean {
  const positionOfColumn = new Map<number, number>();
  return rows.every(({ column, positions: [position = 0] }) => {
    const before = positionOfColumn.get(column) ?? position;
    positionOfColumn.set(column, position);
    return before === position;
  });
}
