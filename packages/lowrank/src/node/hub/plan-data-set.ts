// Selects the files of a data set's configuration and split. The Hub has a branch of each data set as Parquet,
// config/split/0000.parquet; authors use data/split-00000-of-00002.parquet or config/split-….

import { enumerated, printable } from "@lowrank/contracts/internal";
import { HubError } from "../../errors/model-errors.ts";

/** The branch of Parquet files that the Hub creates. */
export const convertedBranch = "refs/convert/parquet";

/** The requested data: `owner/name`, `owner/name/config`, `owner/name/split` or `owner/name/config/split`. */
export interface DataSetName {
  readonly input: string;
  /** The part after the name, with "/" between its parts. */
  readonly inside: string;
}

interface Part {
  readonly config: string;
  readonly split: string;
  readonly path: string;
}

/** The paths of the split's files, in order. Throws a HubError that lists the available configurations and splits. */
export function planDataSet({ input, inside }: DataSetName, paths: readonly string[]): readonly string[] {
  const parts = paths.flatMap((path) => partOf(path) ?? []);
  if (parts.length === 0) {
    throw new HubError(input, "the data set has no Parquet files. Download its files, and pass their paths.");
  }
  const configs = [...new Set(parts.map(({ config }) => config))].sort();
  const { config, split = "train" } = partNamed(inside.split("/").filter(Boolean), configs);
  const chosen = config ?? (configs.includes("default") || configs.length > 1 ? "default" : configs[0]);
  if (chosen === undefined || !configs.includes(chosen)) {
    const problem = config === undefined ? "" : `there is no configuration "${printable(config)}"; `;
    throw new HubError(input, `${problem}the data set has ${listOf(input, configs)}.`);
  }
  const files = parts.filter((part) => part.config === chosen && part.split === split).map(({ path }) => path);
  if (files.length > 0) return files.sort();
  const splits = [...new Set(parts.filter((part) => part.config === chosen).map((part) => part.split))];
  const list = listOf(
    input,
    splits.sort().map((name) => `${chosen}/${name}`),
  );
  throw new HubError(input, `there is no split "${printable(split)}". The data set has ${list}.`);
}

/** A single name is a configuration if there is one with this name, else a split. */
function partNamed(
  [first, second]: readonly string[],
  configs: readonly string[],
): Partial<Pick<Part, "config" | "split">> {
  if (first === undefined) return {};
  if (second !== undefined) return { config: first, split: second };
  return configs.includes(first) || configs.length > 1 ? { config: first } : { split: first };
}

function partOf(path: string): Part | undefined {
  const inFolder = /^(?:(.+)\/)?(?:partial-)?([\w.]+)\/\d+\.parquet$/.exec(path);
  const [, config = "default", split] =
    inFolder ?? /^(?:(.+)\/)?([A-Za-z_.]+)(?:-\d+-of-\d+)?\.parquet$/.exec(path) ?? [];
  if (split === undefined) return undefined;
  return { config: config === "data" ? "default" : config, split, path };
}

/** Names as users type them: before the revision. */
function listOf(input: string, inside: readonly string[]): string {
  const [base = "", revision] = input.split("@");
  const repository = base.split("/").slice(0, 2).join("/");
  return enumerated(
    inside.map((each) => `${repository}/${printable(each)}${revision === undefined ? "" : `@${revision}`}`),
  );
}
