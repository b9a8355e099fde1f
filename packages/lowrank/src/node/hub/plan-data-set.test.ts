import { describe, expect, it } from "vitest";
import { planDataSet } from "./plan-data-set.ts";

const plan = (inside: string, ...paths: readonly string[]) => planDataSet({ input: `o/n/${inside}@v2`, inside }, paths);
const converted = ["default/train/0001.parquet", "default/train/0000.parquet", "default/test/0000.parquet"];
const glue = ["cola/train/0000.parquet", "sst2/partial-train/0000.parquet", "sst2/validation/0000.parquet"];
const uploaded = ["README.md", "data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"];

describe("the files of a data set on the Hub", () => {
  it.each([
    ["", converted, ["default/train/0000.parquet", "default/train/0001.parquet"]],
    ["test", converted, ["default/test/0000.parquet"]],
    ["default/test", converted, ["default/test/0000.parquet"]],
    ["sst2", glue, ["sst2/partial-train/0000.parquet"]],
    ["sst2/validation", glue, ["sst2/validation/0000.parquet"]],
    ["", uploaded, ["data/train-00000-of-00001.parquet"]],
    ["test", uploaded, ["data/test-00000-of-00001.parquet"]],
    ["", ["train.parquet"], ["train.parquet"]],
    ["", ["en/train.parquet"], ["en/train.parquet"]],
  ])('of "%s" among %j are %j', (inside, paths, expected) => {
    expect(plan(inside, ...paths)).toEqual(expected);
  });

  it.each([
    ["", glue, "the data set has o/n/cola@v2, o/n/sst2@v2."],
    ["mnli", glue, 'there is no configuration "mnli"; the data set has o/n/cola@v2, o/n/sst2@v2.'],
    ["dev", converted, 'there is no split "dev". The data set has o/n/default/test@v2, o/n/default/train@v2.'],
    ["", ["rows.jsonl"], "the data set has no Parquet files"],
  ])('of "%s" among %j are an error that names what there is', (inside, paths, message) => {
    expect(() => plan(inside, ...paths)).toThrow(message);
  });
});
