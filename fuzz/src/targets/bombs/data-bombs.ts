// Data files.

import { readCsv, readJson, readJsonl } from "@lowrank/data";
import { type Bomb, nested } from "./bomb.ts";

const columns = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`).join(",");

export const dataBombs: readonly Bomb[] = [
  { name: "100 000 columns", expected: "DATA_UNREADABLE_FILE", explode: () => readCsv(`${columns(100_000)}\n1\n`) },
  { name: "1 000 000 columns", expected: "DATA_UNREADABLE_FILE", explode: () => readCsv(`${columns(1_000_000)}\n1\n`) },
  {
    name: "a quote that stays open",
    expected: "DATA_BROKEN_ROWS",
    explode: () => readCsv(`text\n"${"a\n".repeat(2_000_000)}`),
  },
  {
    name: "a row of JSONL a million levels deep",
    expected: "DATA_BROKEN_ROWS",
    explode: () => readJsonl(`{"text": "a"}\n${nested(1_000_000)}`),
  },
  {
    name: "a text in JSONL a million levels deep",
    expected: "DATA_BROKEN_ROWS",
    explode: () => readJsonl(`{"text": ${nested(1_000_000)}}`),
  },
  {
    name: "JSON a million levels deep",
    expected: "DATA_UNREADABLE_FILE",
    explode: () => readJson(`[${nested(1_000_000)}]`),
  },
];
