// Resolves the source of rows: a file, a glob pattern, a data set on the Hub, standard input.

import type { DataInput } from "@lowrank/data/internal/node";
import { findDataFiles } from "@lowrank/data/node";
import { parseHubName } from "../../open/hub-name.ts";
import { exists } from "../exists.ts";
import { downloadDataSet, pinnedDataSet } from "../hub/download.ts";
import type { HubContext } from "../hub/hub-access.ts";

export interface RowSourceContext extends HubContext {
  /** The source of "-"; undefined if there is none. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** The sources, in order. A name of the Hub is downloaded unless such a file, or a local folder "owner", exists. Throws HubError. */
export async function rowSources(input: string, context: RowSourceContext): Promise<readonly DataInput[]> {
  if (input === "-" && context.stdin !== undefined) return [context.stdin()];
  if (await exists(input)) return [input];
  return (await isOnHub(input)) ? downloadDataSet(input, context) : findDataFiles(input);
}

/** Names that will read the same data again: with the commit for a downloaded data set of the Hub, else unchanged. */
export async function pinnedName(input: string): Promise<string> {
  return input === "-" || (await exists(input)) || !(await isOnHub(input)) ? input : pinnedDataSet(input);
}

async function isOnHub(input: string): Promise<boolean> {
  return isNameOfHub(input) && !(await exists(input.split("/")[0] ?? ""));
}

/** A data file's name has an extension, and a pattern has wildcards. */
function isNameOfHub(input: string): boolean {
  return parseHubName(input) !== undefined && !/\.(jsonl|ndjson|json|csv|tsv|parquet)(\.gz)?$/i.test(input);
}
