// The table of rows.

import type { RowProblem } from "../../protocol/rows.ts";

const rowsOf = (count: number) => (count === 1 ? "1 row" : `${count} rows`);

const problem = ({ kind, column, got, most }: RowProblem): string => {
  switch (kind) {
    case "empty":
      return column === "says" ? "Write what someone says." : "Write what it should answer.";
    case "too-long":
      return `This row has ${got} tokens, and ${most} fit. Shorten it, or split it into two rows.`;
    case "repeated":
      return "The same row is there already; this one is left out.";
    case "unwritable":
      return "The model's chat template cannot write this row. Turns must take turns: a person, then the assistant.";
  }
};

export const teach = {
  title: "1 · Teach",
  lead: "Write a few examples of what it should answer. Eight are enough to begin with.",
  says: "When someone says",
  answers: "It should answer",
  saysOf: (row: number) => `Row ${row}: when someone says`,
  answersOf: (row: number) => `Row ${row}: it should answer`,
  earlier: (turns: number) => `after ${turns} earlier ${turns === 1 ? "turn" : "turns"}`,
  example: (chats: boolean) =>
    chats
      ? { says: "How are you?", answers: "Splendid, as ever. And you?" }
      : { says: "name[Aromi], food[French]", answers: "Aromi serves French food." },
  add: "Add a row",
  remove: (row: number) => `Remove row ${row}`,
  removeAll: "Remove all",
  paste: "Paste rows",
  pasteLabel: "Rows to add: two columns from a spreadsheet, CSV, JSONL, or a line each",
  pasteAdd: "Add these rows",
  cancel: "Cancel",
  file: "Open a file…",
  dropHere: "You can drop a file here: JSONL, JSON, CSV, TSV, Parquet, or chat rows.",
  count: (rows: number, tokens: number) => `${rowsOf(rows)} to learn, ${tokens.toLocaleString("en")} tokens`,
  leftOut: (rows: number) => `${rowsOf(rows)} with a problem: left out`,
  tokens: (count: number) => (count === 1 ? "1 token" : `${count} tokens`),
  problem,
  asModel: "As the model reads it",
  asModelOf: (row: number) => `Row ${row} as the model reads it`,
  shaded: "Shaded: what it learns to write. The rest it only reads.",
  undone: {
    removed: (count: number) => `${rowsOf(count)} removed.`,
    replaced: (count: number) => `${rowsOf(count)} in place of yours.`,
    added: (count: number) => `${rowsOf(count)} added.`,
  },
  undo: "Undo",
  showAll: (count: number) => `Show all ${count} rows`,
  notKept: "The browser does not let this page keep anything: your rows are gone when you close it.",
};
