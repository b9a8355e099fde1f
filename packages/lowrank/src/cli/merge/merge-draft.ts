// The draft of what a merge writes: which work it is of, and whether an earlier run left some of it.

import { createHash } from "node:crypto";
import { type DraftRequest, FolderDraft } from "@lowrank/safetensors/node";
import type { OpenedInFiles } from "../../merge/open-in-files.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import type { MergeOptions } from "./merge-options.ts";

/** The draft of `--out`; says so where an earlier run left one that nobody asks to go on with. */
export async function draftFor(
  opened: OpenedInFiles,
  { out, resume = false, dtype, tied, leastKept }: MergeOptions,
  { report, heads = [] }: { readonly report: Pick<Report, "note">; readonly heads?: readonly Uint8Array[] },
): Promise<DraftRequest> {
  const left = resume ? undefined : await FolderDraft.left(out);
  if (left !== undefined) report.note(`an earlier run left ${formatBytes(left)} of this; --resume goes on with them`);
  return { identity: identityOf(opened, [dtype ?? "F32", tied, leastKept], heads), resume };
}

/** What decides about every byte that is written; `heads` are beginnings of files, which say what follows. */
function identityOf(
  { adapter, model }: OpenedInFiles,
  choices: readonly unknown[],
  heads: readonly Uint8Array[],
): string {
  const hash = createHash("sha256");
  const asEntries = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value);
  hash.update(JSON.stringify([model.fingerprint, ...choices, adapter.config, adapter.metadata], asEntries));
  for (const [key, { shape, values }] of adapter.tensors)
    hash.update(`${key} ${shape}`).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  for (const head of heads) hash.update(head);
  return hash.digest("hex");
}
