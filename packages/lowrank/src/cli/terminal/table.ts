// Plain text tables: two spaces between columns, numbers to the right, nothing drawn.

export interface Column {
  readonly heading: string;
  readonly align?: "left" | "right";
}

export function numberColumns(name: string, ...headings: readonly string[]): readonly Column[] {
  return [{ heading: name }, ...headings.map((heading) => ({ heading, align: "right" as const }))];
}

/** Lays out rows of cells below their headings; cells that are missing are empty. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) =>
    rows.reduce((width, row) => Math.max(width, (row[index] ?? "").length), column.heading.length),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return column.align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.heading)), ...rows.map(line)];
}

/** Lays out labelled facts, one a line: "  engine    wasm". */
export function formatFacts(facts: readonly (readonly [label: string, value: string])[]): string[] {
  const width = facts.reduce((longest, [label]) => Math.max(longest, label.length), 0);
  return facts.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
}
