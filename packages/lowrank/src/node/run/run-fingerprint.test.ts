import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import type { TokenizedExample } from "@lowrank/data";
import { ResumeMismatchError } from "@lowrank/trainer";
import { describe, expect, it } from "vitest";
import { checkSameRun, notedSettings, type RunIdentity, runFingerprint } from "./run-fingerprint.ts";

const row: TokenizedExample = { kind: "sequence", inputIds: [1, 2], labels: [1, 2] };

function fingerprintOf(adapter: Partial<LoraConfig> = {}, run: Partial<RunIdentity> = {}): string {
  return runFingerprint({
    base: "lowrank-1:0123456789abcdef",
    basePrecision: "float32",
    batchSize: 8,
    seed: 0,
    rows: [row],
    addedTokens: [],
    adapter: createLoraConfig({ targetModules: ["q_proj"], ...adapter }),
    ...run,
  });
}

function differences(saved: string | undefined, now: string): readonly string[] {
  try {
    checkSameRun(saved, now);
    return [];
  } catch (error) {
    if (error instanceof ResumeMismatchError) return error.differences;
    throw error;
  }
}

describe("checkSameRun", () => {
  it("names each setting of the adapter that is another one", () => {
    const now = fingerprintOf({ alpha: 64, dropout: 0.5, rankStabilized: true });
    expect(differences(fingerprintOf({ alpha: 16 }), now)).toEqual([
      "adapter's lora_alpha: 16 in the checkpoint, 64 now",
      "adapter's lora_dropout: 0 in the checkpoint, 0.5 now",
      "adapter's use_rslora: false in the checkpoint, true now",
    ]);
  });

  it("names what else makes another run of it", () => {
    const other = { base: "lowrank-1:fedcba9876543210", basePrecision: "nf4", batchSize: 4, seed: 1 };
    const changed = { ...other, rows: [row, row], addedTokens: ["<a>"] };
    expect(differences(fingerprintOf(), fingerprintOf({}, changed)).map((line) => line.split(":")[0])).toEqual([
      "base",
      "base precision",
      "batch size",
      "seed",
      "rows (as tokens)",
      "added tokens",
    ]);
  });

  it("tells texts to compare apart by each of them, by their scores, and by the loss", () => {
    const pair = { kind: "comparison", inputIds: [1], others: [[2, 3]], score: 0.5 } as const;
    const of = (changed: object, words = "order, mean") =>
      fingerprintOf({}, { rows: [{ ...pair, ...changed }], learning: { kind: "comparison", words } });
    const names = (now: string) => differences(of({}), now).map((line) => line.split(":")[0]);
    expect(names(of({}))).toEqual([]);
    expect(names(of({ score: 0.25 }))).toEqual(["rows (as tokens)"]);
    expect(names(of({ others: [[2], [3]] }))).toEqual(["rows (as tokens)"]);
    expect(names(of({}, "cosine, mean"))).toEqual(["comparison"]);
  });

  it("tells two answers apart by the rejected one, by where it begins, and by the loss", () => {
    const rejected = { kind: "sequence", inputIds: [1, 3], labels: [-100, 3] } as const;
    const pair = { kind: "preference", inputIds: [1, 2], labels: [-100, 2], rejected } as const;
    const of = (changed: object, words = "dpo, β 0.1") => {
      const rows = [{ ...pair, rejected: { ...rejected, ...changed } }];
      return fingerprintOf({}, { rows, learning: { kind: "preference", words } });
    };
    const names = (now: string) => differences(of({}), now).map((line) => line.split(":")[0]);
    expect(names(of({}))).toEqual([]);
    expect(names(of({ inputIds: [1, 4] }))).toEqual(["rows (as tokens)"]);
    expect(names(of({ labels: [1, 3] }))).toEqual(["rows (as tokens)"]);
    expect(names(of({}, "dpo, β 0.5"))).toEqual(["preference"]);
  });

  it("lets the base be named otherwise", () => {
    expect(differences(fingerprintOf({ baseModel: "./tiny" }), fingerprintOf({ baseModel: "/models/tiny" }))).toEqual(
      [],
    );
  });

  it("says what to do with the checkpoint of an earlier version", () => {
    for (const saved of ["0123456789abcdef0123456789abcdef", undefined, "{"]) {
      expect(() => checkSameRun(saved, fingerprintOf())).toThrow(/earlier version of lowrank.*`adapter`/);
    }
  });
});

describe("notedSettings", () => {
  it("says of a run without an order that it batched by chance, as those did that knew of none", () => {
    const grouping = (order?: RunIdentity["order"]) => notedSettings(fingerprintOf({}, { order })).groupByLength;
    expect(grouping()).toBe(false);
    expect(grouping(["without the last batch"])).toBe(false);
    expect(grouping(["by length", "without the last batch"])).toBe(true);
  });

  it("says nothing of what is no run's", () => {
    expect([undefined, "{", "0123456789abcdef"].map(notedSettings)).toEqual([{}, {}, {}]);
  });
});

describe("runFingerprint", () => {
  it("tells rows from others that have the same numbers", () => {
    const rows: readonly TokenizedExample[] = [
      row,
      { kind: "sequence", inputIds: [1, 2], labels: [1, -100] },
      { kind: "sequence", inputIds: [1, 2], labels: [1, 2], attentionMask: [1, 0] },
      { kind: "classified", inputIds: [1, 2], label: 1 },
      { kind: "sequence", inputIds: [1, 2, 1, 2], labels: [1, 2, 1, 2] },
    ];
    expect(new Set(rows.map((one) => fingerprintOf({}, { rows: [one] }))).size).toBe(rows.length);
    expect(fingerprintOf({}, { rows })).not.toBe(fingerprintOf({}, { rows: [...rows].reverse() }));
  });

  it("takes more rows than fit into one text", () => {
    const ids = Array<number>(512).fill(50_000);
    const rows = Array<TokenizedExample>(90_000).fill({ kind: "sequence", inputIds: ids, labels: ids });
    expect(fingerprintOf({}, { rows })).toContain("rows (as tokens)");
  });
});
