// The table of rows: its content, the model's view of it, and undo.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ModelFacts } from "../protocol/model.ts";
import type { BrokenRows, CheckedRow, Row, RowsSource } from "../protocol/rows.ts";
import type { Store } from "../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../storage/store.ts";
import { type Ask, failureOf } from "../worker-client.ts";
import { debounced } from "./debounced.ts";

/** A change that can be taken back: the rows as they were before. */
export interface RowsUndo {
  readonly what: "removed" | "replaced" | "added";
  readonly count: number;
  readonly before: readonly Row[];
}

export interface RowsContext {
  readonly ask: Ask;
  readonly store: Store;
  readonly model: ReadonlySignal<ModelFacts | undefined>;
}

const path = "rows.json";
/** A new, empty row. */
export const blank = ({ says, answers }: Row): boolean => says.trim() === "" && answers.trim() === "";

export class RowsState {
  readonly rows = signal<readonly Row[]>([newRow()]);
  readonly checked = signal<ReadonlyMap<string, CheckedRow>>(new Map());
  /** Rows of the last source that were not added. */
  readonly broken = signal<BrokenRows | undefined>(undefined);
  /** The problem with pasted text or a dropped file. */
  readonly failure = signal<string | undefined>(undefined);
  readonly undo = signal<RowsUndo | undefined>(undefined);
  /** False if the browser has no room for them. */
  readonly isSaved = signal(true);
  readonly written = computed(() => this.rows.value.filter((row) => !blank(row)));
  /** The rows that can be taught, as far as they are checked. */
  readonly teachable = computed(() =>
    this.written.value.filter(({ id }) => {
      const checked = this.checked.value.get(id);
      return checked !== undefined && checked.problem === undefined;
    }),
  );
  /** Tokens of the rows that can be taught. */
  readonly tokens = computed(() =>
    this.teachable.value.reduce((sum, { id }) => sum + (this.checked.value.get(id)?.tokens ?? 0), 0),
  );
  /** Tokens of the longest of them. */
  readonly longest = computed(() =>
    this.teachable.value.reduce((max, { id }) => Math.max(max, this.checked.value.get(id)?.tokens ?? 0), 0),
  );
  readonly #checkSoon = debounced(150);
  readonly #keepSoon = debounced(400);
  #isRestored = false;

  constructor(private readonly context: RowsContext) {
    effect(() => {
      const { value: rows } = this.written;
      if (context.model.value !== undefined) this.#checkSoon(() => void this.#check(rows));
    });
    effect(() => {
      const { value: rows } = this.rows;
      if (this.#isRestored) this.#keepSoon(() => void this.#keep(rows));
    });
  }

  /** Restores the rows of the last visit. */
  async restore(): Promise<void> {
    const kept = await readJsonFile(this.context.store, path, areRows);
    this.#isRestored = true;
    this.isSaved.value = this.context.store.isPersistent;
    if (kept !== undefined && kept.length > 0) this.rows.value = kept;
  }

  /** Saves at once, because the page is about to close. */
  flush(): void {
    this.#keepSoon.flush();
  }

  /** A new row at the end; gives its id. */
  add(): string {
    const row = newRow();
    this.rows.value = [...this.rows.value, row];
    return row.id;
  }

  change(id: string, changed: Partial<Pick<Row, "says" | "answers">>): void {
    this.rows.value = this.rows.value.map((row) => (row.id === id ? { ...row, ...changed } : row));
  }

  remove(id: string): void {
    this.#set(
      this.rows.value.filter((row) => row.id !== id),
      "removed",
      1,
    );
  }

  clear(): void {
    this.#set([newRow()], "removed", this.written.value.length);
  }

  /** Other rows in place of all. */
  replace(pairs: readonly Omit<Row, "id">[]): void {
    this.#set(
      pairs.map((pair) => ({ ...newRow(), ...pair })),
      "replaced",
      pairs.length,
    );
  }

  takeBack(): void {
    const { value } = this.undo;
    if (value === undefined) return;
    batch(() => {
      this.rows.value = value.before;
      this.undo.value = undefined;
    });
  }

  /** Adds pasted or dropped rows at the end. */
  async read(source: RowsSource): Promise<void> {
    this.failure.value = undefined;
    this.broken.value = undefined;
    try {
      const { rows, broken } = await this.context.ask("readRows", source);
      this.#set([...this.written.value, ...rows], "added", rows.length);
      this.broken.value = broken;
    } catch (error) {
      this.failure.value = failureOf(error).message;
    }
  }

  #set(rows: readonly Row[], what: RowsUndo["what"], count: number): void {
    batch(() => {
      this.undo.value = { what, count, before: this.rows.value };
      this.rows.value = rows.length === 0 ? [newRow()] : rows;
      this.failure.value = undefined;
    });
  }

  async #check(rows: readonly Row[]): Promise<void> {
    const checked = await this.context.ask("checkRows", rows).catch(() => undefined);
    const isLatest = this.written.peek() === rows;
    if (checked !== undefined && isLatest) this.checked.value = new Map(checked.map((row) => [row.id, row]));
  }

  async #keep(rows: readonly Row[]): Promise<void> {
    this.isSaved.value = await writeJsonFile(this.context.store, path, rows).then(
      () => this.context.store.isPersistent,
      () => false,
    );
  }
}

function newRow(): Row {
  return { id: crypto.randomUUID(), says: "", answers: "" };
}

function areRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.every(isRow);
}

function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const { id, says, answers } = value as Partial<Record<keyof Row, unknown>>;
  return [id, says, answers].every((text) => typeof text === "string");
}
