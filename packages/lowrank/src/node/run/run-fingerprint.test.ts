import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { LowrankError } from "@lowrank/contracts";
import type { TokenizedExample } from "@lowrank/data/internal";
import type { TrainingState } from "@lowrank/trainer";
import { describe, expect, it } from "vitest";
import type { RowMedia } from "../../run-folder.ts";
import { checkSameRun, notedRun, type RunIdentity, runFingerprint } from "./run-fingerprint.ts";

const row: TokenizedExample = { kind: "sequence", inputIds: [1, 2], labels: [1, 2] };

function fingerprintOf(
  adapter: Partial<LoraConfig> = {},
  run: Partial<RunIdentity> = {},
  saved?: string,
): Promise<string> {
  const settings = {
    base: "lowrank-1:0123456789abcdef",
    basePrecision: "float32",
    batchSize: 8,
    seed: 0,
    heldOut: 0,
    bestBy: "loss",
  } as const;
  const config = createLoraConfig({ targetModules: ["q_proj"], ...adapter });
  return runFingerprint({ ...settings, rows: [row], addedTokens: [], adapter: config, options: {}, ...run }, saved);
}

function differences(saved: string | undefined, now: string): readonly string[] {
  try {
    checkSameRun(saved, now);
    return [];
  } catch (error) {
    if (LowrankError.isInstance<{ readonly differences: readonly string[] }>(error, "RESUME_MISMATCH"))
      return error.differences;
    throw error;
  }
}

describe("checkSameRun", () => {
  it("names each setting of the adapter that is another one", async () => {
    const now = await fingerprintOf({ alpha: 64, dropout: 0.5, rankStabilized: true });
    expect(differences(await fingerprintOf({ alpha: 16 }), now)).toEqual([
      "adapter's lora_alpha: 16 in the checkpoint, 64 now",
      "adapter's lora_dropout: 0 in the checkpoint, 0.5 now",
      "adapter's use_rslora: false in the checkpoint, true now",
    ]);
  });

  it("changes with everything that makes another run", async () => {
    const other = { base: "lowrank-1:fedcba9876543210", basePrecision: "nf4", batchSize: 4, seed: 1 };
    const now = await fingerprintOf({}, { ...other, rows: [row, row], addedTokens: ["<a>"] });
    expect(differences(await fingerprintOf(), now).map((line) => line.split(":")[0])).toEqual([
      "base",
      "base precision",
      "batch size",
      "seed",
      "rows (as tokens)",
      "added tokens",
    ]);
  });

  it("distinguishes texts to compare by each of them, by their scores, and by the loss", async () => {
    const pair = { kind: "comparison", inputIds: [1], others: [[2, 3]], score: 0.5 } as const;
    const of = (changed: object, words = "order, mean") =>
      fingerprintOf({}, { rows: [{ ...pair, ...changed }], learning: { kind: "comparison", words } });
    const names = async (now: Promise<string>) =>
      differences(await of({}), await now).map((line) => line.split(":")[0]);
    expect(await names(of({}))).toEqual([]);
    expect(await names(of({ score: 0.25 }))).toEqual(["rows (as tokens)"]);
    expect(await names(of({ others: [[2], [3]] }))).toEqual(["rows (as tokens)"]);
    expect(await names(of({}, "cosine, mean"))).toEqual(["comparison"]);
  });

  it("distinguishes two answers by the rejected one, by where it begins, and by the loss", async () => {
    const rejected = { kind: "sequence", inputIds: [1, 3], labels: [-100, 3] } as const;
    const pair = { kind: "preference", inputIds: [1, 2], labels: [-100, 2], rejected } as const;
    const of = (changed: object, words = "dpo, β 0.1") => {
      const rows = [{ ...pair, rejected: { ...rejected, ...changed } }];
      return fingerprintOf({}, { rows, learning: { kind: "preference", words } });
    };
    const names = async (now: Promise<string>) =>
      differences(await of({}), await now).map((line) => line.split(":")[0]);
    expect(await names(of({}))).toEqual([]);
    expect(await names(of({ inputIds: [1, 4] }))).toEqual(["rows (as tokens)"]);
    expect(await names(of({ labels: [1, 3] }))).toEqual(["rows (as tokens)"]);
    expect(await names(of({}, "dpo, β 0.5"))).toEqual(["preference"]);
  });

  it("lets the base be named otherwise", async () => {
    const [one, other] = [await fingerprintOf({ baseModel: "./tiny" }), await fingerprintOf({ baseModel: "/m/tiny" })];
    expect(differences(one, other)).toEqual([]);
  });

  it("explains the next step for the checkpoint of an earlier version", async () => {
    const now = await fingerprintOf();
    for (const saved of ["0123456789abcdef0123456789abcdef", undefined, "{"]) {
      expect(() => checkSameRun(saved, now)).toThrow(/earlier version of lowrank.*`adapter`/);
    }
  });
});

describe("notedRun", () => {
  const settings = { learningRate: 5e-4, steps: 30 } as TrainingState["settings"];

  it("is how a run of an earlier version began, which held nothing out by itself", async () => {
    const begun = notedRun({ settings, fingerprint: await fingerprintOf({ rank: 8, alpha: 16 }) });
    expect(begun.options).toMatchObject({ learningRate: 5e-4, steps: 30, batchSize: 8, validationShare: 0 });
    expect(begun.adapter).toEqual({ rank: 8, alpha: 16, targetModules: ["q_proj"] });
  });

  it("contains the share of validation rows, unless an earlier version did not record it", async () => {
    const fingerprint = await fingerprintOf({}, { heldOut: 0.1 });
    expect(notedRun({ settings, fingerprint }).options.validationShare).toBe(0.1);
    const earlier = await fingerprintOf();
    expect(await fingerprintOf({}, { heldOut: 0.1 }, earlier)).toBe(earlier);
  });

  it("has the metric of its best validation: loss, unless the run noted another one", async () => {
    const best = { step: 8, value: 0.5 };
    const byAccuracy = await fingerprintOf({}, { bestBy: "accuracy" });
    const bestBy = (fingerprint: string, state = {}) => notedRun({ settings, fingerprint, ...state }).options.bestBy;
    expect(bestBy(await fingerprintOf(), { best })).toBe("loss");
    expect(bestBy(byAccuracy, { best })).toBe("accuracy");
    expect(bestBy(byAccuracy)).toBeUndefined(); // nothing was validated
    expect(await fingerprintOf({}, { bestBy: "f1" }, byAccuracy)).toBe(byAccuracy);
  });

  it("of a run without an order has batches at random, like older runs", async () => {
    const grouping = async (order?: RunIdentity["order"]) =>
      notedRun({ settings, fingerprint: await fingerprintOf({}, { order }) }).options.groupByLength;
    expect(await grouping()).toBe(false);
    expect(await grouping(["without the last batch"])).toBe(false);
    expect(await grouping(["by length", "without the last batch"])).toBe(true);
  });

  it("contains nothing that does not belong to a run", () => {
    const nothing = { options: {}, adapter: {} };
    expect(notedRun(undefined)).toEqual(nothing);
    for (const fingerprint of ["{", "0123456789abcdef"]) expect(notedRun({ settings, fingerprint })).toEqual(nothing);
  });
});

describe("runFingerprint", () => {
  it("distinguishes rows from others that have the same numbers", async () => {
    const rows: readonly TokenizedExample[] = [
      row,
      { kind: "sequence", inputIds: [1, 2], labels: [1, -100] },
      { kind: "sequence", inputIds: [1, 2], labels: [1, 2], attentionMask: [1, 0] },
      { kind: "classified", inputIds: [1, 2], label: 1 },
      { kind: "sequence", inputIds: [1, 2, 1, 2], labels: [1, 2, 1, 2] },
    ];
    const all = await Promise.all(rows.map((one) => fingerprintOf({}, { rows: [one] })));
    expect(new Set(all).size).toBe(rows.length);
    const backwards = await fingerprintOf({}, { rows: [...rows].reverse() });
    expect(await fingerprintOf({}, { rows })).not.toBe(backwards);
  });

  it("supports more rows than fit into one text", async () => {
    const ids = Array<number>(512).fill(50_000);
    const rows = Array<TokenizedExample>(90_000).fill({ kind: "sequence", inputIds: ids, labels: ids });
    expect(await fingerprintOf({}, { rows })).toContain("rows (as tokens)");
  });
});

describe("the fingerprint of rows with pictures", () => {
  const pixels = { width: 1, height: 1, bytes: Uint8Array.of(1, 2, 3), factor: 1, mean: [0], deviation: [1] };
  const seen: readonly TokenizedExample[] = [{ kind: "classified", inputIds: [], pixels, label: 1 }];
  const named: readonly TokenizedExample[] = [{ kind: "classified", inputIds: [], image: "a.png", label: 1 }];
  const mediaOf = (bytes: readonly number[], edge = 8): RowMedia => ({
    bytes: async () => Uint8Array.from(bytes),
    worded: async (rows) => rows,
    notices: {},
    preparation: { resize: null, crop: { width: edge, height: edge }, factor: 1, mean: [0], deviation: [1] },
    open: async () => ({ kind: "classified", inputIds: [], pixels, label: 1 }),
  });

  it("covers their files' bytes without decoding them, and how they are prepared", async () => {
    const of = (media: RowMedia) => fingerprintOf({}, { rows: named, media });
    const first = await of(mediaOf([7, 8]));
    const names = async (media: RowMedia) => differences(first, await of(media)).map((line) => line.split(":")[0]);
    expect(await names(mediaOf([7, 8]))).toEqual([]);
    expect(await names(mediaOf([7, 9]))).toEqual(["rows (as tokens and files)"]);
    expect(await names(mediaOf([7, 8], 9))).toEqual(["pictures' preparation"]);
  });

  it("is the pixels' hash if the run was started by a version that prepared all of them first", async () => {
    const earlier = await fingerprintOf({}, { rows: seen });
    expect(await fingerprintOf({}, { rows: named, media: mediaOf([7, 8]) }, earlier)).toBe(earlier);
  });
});
