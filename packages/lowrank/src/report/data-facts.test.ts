import type { TokenizedExample } from "@lowrank/data/internal";
import { expect, it } from "vitest";
import { dataFacts } from "./data-facts.ts";

const ids = (length: number) => Array.from({ length }, (_, id) => id);
const facts = (train: readonly TokenizedExample[], classNames?: readonly string[]) =>
  Object.fromEntries(dataFacts({ train, validation: [], lengths: { maxLength: 8 }, classNames }));

it("reports how long rows are, how many may be cut, and how much of them is trained", () => {
  const rows = [2, 4, 8].map((length) => ({ kind: "sequence", inputIds: ids(length), labels: [-100, 1] }) as const);
  expect(facts(rows)).toEqual({
    "rows to train on": 3,
    "rows to validate on": 0,
    "tokens a row: least, median, 95 %, most": "2, 4, 8, 8",
    "rows at the limit, perhaps cut": "1 (limit 8)",
    "trained tokens a row, on average": "1.0",
  });
});

it("counts rows of each class by its name", () => {
  const rows = [1, 0, 1].map((label) => ({ kind: "classified", inputIds: [5], label }) as const);
  expect(facts(rows, ["bad", "good"])).toMatchObject({ "rows of class bad": 1, "rows of class good": 2 });
});

it("samples very many rows, from all over them, and reports it", () => {
  const rows = Array.from(
    { length: 10_000 },
    (_, row) => ({ kind: "sequence", inputIds: ids(row < 5000 ? 2 : 6), labels: [1, 1] }) as const,
  );
  expect(facts(rows)).toMatchObject({
    "rows looked at for what follows": 500,
    "tokens a row: least, median, 95 %, most": "2, 6, 6, 6",
  });
});
