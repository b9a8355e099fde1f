// The cases in the folders that a user names: a case, a set of cases, or sets of sets. What looks like a case but cannot
// be one is found too, with the reason, so that it counts as failed instead of passing unseen.

import { readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** A folder to run, or why it cannot be run. */
export interface FoundCase {
  readonly folder: string;
  readonly name: string;
  readonly problem?: string;
}

/** How deep folders of cases may be nested: fixtures/peft/gpt2 is a case two levels below fixtures. */
const deepest = 5;

/** What a case's folder holds; any of them makes a folder one that is meant to be a case. */
const parts = /^(expected\.(json|safetensors)|base|base_residual|adapter|adapters|adapter_converted)$/;

/** Cases in a folder, in the order of their names; always at least one, which says what is wrong if there is none. */
export function findCases(folder: string): readonly FoundCase[] {
  const name = basename(folder);
  const broken = (problem: string): readonly FoundCase[] => [{ folder, name, problem }];
  const kind = statSync(folder, { throwIfNoEntry: false });
  if (kind === undefined) return broken(`there is no folder ${folder}`);
  if (!kind.isDirectory()) return broken(`${folder} is a file; a case is a folder`);
  const found = casesBelow(folder, []);
  return found.length > 0 ? found : broken(`no case in ${folder}: no folder with an expected.json`);
}

/** Links are followed, but not in circles: `outer` are the folders on the way, as they are really called. */
function casesBelow(folder: string, outer: readonly string[]): readonly FoundCase[] {
  const own = realpathSync(folder);
  if (outer.includes(own) || outer.length > deepest) return [];
  const entries = readdirSync(folder).sort();
  if (entries.includes("expected.json")) return [{ folder, name: basename(folder) }];
  if (entries.some((entry) => parts.test(entry)))
    return [{ folder, name: basename(folder), problem: `no expected.json in ${folder}` }];
  return entries.flatMap((entry) => {
    const path = join(folder, entry);
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind === undefined) return [{ folder: path, name: entry, problem: `${path} is a link to nothing` }];
    if (!kind.isDirectory() || entry.startsWith(".") || entry === "node_modules") return [];
    return readdirSync(path).length === 0
      ? [{ folder: path, name: entry, problem: `${path} is empty` }]
      : casesBelow(path, [...outer, own]);
  });
}
