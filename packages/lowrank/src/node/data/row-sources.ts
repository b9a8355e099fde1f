// Resolves the source of rows: a file, a glob pattern, a data set on the Hub, standard input.

import { type DataInput, findDataFiles } from "@lowrank/data/node";
import { parseHubName } from "../../open/hub-name.ts";
import { exists } from "../exists.ts";
import { downloadDataSet, pinnedDataSet } from "../hub/download.ts";
import type { HubContext } from "../hub/hub-access.ts";

export interface RowSourceContext extends HubContext {
  /** The source of "-"; undefined if there is none. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** The sources, in order. A name of the Hub is downloaded unless such a file, or a local folder "owner", exists. Throws HubError. */
export async function rowSources(given: string, context: RowSourceContext): Promise<readonly DataInput[]> {
  if (given === "-" && context.stdin !== undefined) return [context.stdin()];
  if (await exists(given)) return [given];
  return (await isOnHub(given)) ? downloadDataSet(given, context) : findDataFiles(given);
}

/** Names that will read the same data again: with the commit for a downloaded data set of the Hub, else unchanged. */
export async function pinnedName(given: string): Promise<string> {
  return given === "-" || (await exists(given)) || !(await isOnHub(given)) ? given : pinnedDataSet(given);
}

async function isOnHub(given: string): Promise<boolean> {
  return isNameOfHub(given) && !(await exists(given.split("/")[0] ?? ""));
}

/** A data file's name has an extension, and a pattern has wildcards. */
function isNameOfHub(given: string): boolean {
  return parseHubName(given) !== undefined && !/\.(jsonl|ndjson|json|csv|tsv|parquet)(\.gz)?$/i.test(given);
}
