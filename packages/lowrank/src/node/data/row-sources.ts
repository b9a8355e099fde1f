// Where the rows are that somebody named: a file, files that a pattern means, a data set on the Hub, standard input.

import { type DataInput, findDataFiles } from "@lowrank/data/node";
import { parseHubName } from "../../open/hub-name.ts";
import { exists } from "../exists.ts";
import { downloadDataSet, pinnedDataSet } from "../hub/download.ts";
import type { HubContext } from "../hub/hub-access.ts";

export interface RowSourceContext extends HubContext {
  /** What "-" means; absent where there is none. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** What to read, in order. A name of the Hub is downloaded unless such a file, or at least a folder "owner", is here. Throws HubError. */
export async function rowSources(given: string, context: RowSourceContext): Promise<readonly DataInput[]> {
  if (given === "-" && context.stdin !== undefined) return [context.stdin()];
  if (await exists(given)) return [given];
  return (await isOnHub(given)) ? downloadDataSet(given, context) : findDataFiles(given);
}

/** What was read, so that the same is read again: of a data set on the Hub that was downloaded its commit, of anything else its name. */
export async function lastingName(given: string): Promise<string> {
  return given === "-" || (await exists(given)) || !(await isOnHub(given)) ? given : pinnedDataSet(given);
}

async function isOnHub(given: string): Promise<boolean> {
  return isNameOfHub(given) && !(await exists(given.split("/")[0] ?? ""));
}

/** A data file's name has an ending, and a pattern its marks. */
function isNameOfHub(given: string): boolean {
  return parseHubName(given) !== undefined && !/\.(jsonl|ndjson|json|csv|tsv|parquet)(\.gz)?$/i.test(given);
}
