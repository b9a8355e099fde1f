// Writes the merged folder: first as a draft, with which a killed run can be resumed. With `--verify`, the draft is checked before it
// becomes the output.

import { createHash } from "node:crypto";
import { verifyMerge } from "@lowrank/merge";
import type { GgufFileType } from "@lowrank/merge/gguf";
import type { ExportDtype } from "@lowrank/merge/internal";
import { writeModelFolder } from "@lowrank/merge/node";
import { type DraftRequest, FolderDraft, type WrittenFile } from "@lowrank/safetensors/internal/node";
import { toleranceFor } from "../../merge/merge-verified.ts";
import type { OpenedInFiles } from "../../merge/open-in-files.ts";
import { sampleLogits } from "../../merge/sample-logits.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { ModelOutput } from "../../platform.ts";
import type { WithBase } from "../base-for.ts";
import { openModel } from "../open-model.ts";
import type { WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startByteCount } from "../terminal/byte-count.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

export interface MergeOptions extends EngineOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
  readonly out: string;
  readonly to: "folder" | "gguf";
  /** Default F32; of a .gguf file, the base's own types if it is one, else F16. */
  readonly dtype?: ExportDtype | GgufFileType;
  /** For a .gguf file: the minimum share of the adapter's effect that rounding must leave. */
  readonly minKept?: number;
  readonly tied: "refuse" | "untie";
  readonly verify?: boolean;
  readonly tolerance?: number;
  readonly plan?: boolean;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

export type FullOptions = WithBase<MergeOptions>;

export interface Written {
  readonly files: readonly WrittenFile[];
  /** The largest rounding error, if numbers were rounded, and its tensor. */
  readonly rounding?: { readonly tensor: string; readonly largest: number };
  /** Between the logits of the adapted and the written model, with `--verify`. */
  readonly largestDifference?: number;
}

export function isVerified({ verify, tolerance }: Pick<MergeOptions, "verify" | "tolerance">): boolean {
  return verify === true || tolerance !== undefined;
}

/** Writes the folder. Throws MERGE_VERIFICATION, and the errors of `writeModelFolder`. */
export async function writeMerged(
  { source, tokenizer, ...output }: ModelOutput,
  { opened, options }: { readonly opened: OpenedInFiles; readonly options: FullOptions },
  report: Report,
): Promise<Written> {
  const { out, overwrite = false } = options;
  const draft = await draftFor(opened, options, { report });
  const roundings: { tensor: string; largest: number }[] = [];
  const differences: number[] = [];
  const check = async (folder: string) => {
    differences.push(await verify(folder, options, report));
  };
  const count = startByteCount(report, "written");
  try {
    const files = await writeModelFolder(out, {
      ...output,
      sourceFolder: source,
      overwrite,
      draft,
      ...omitUndefined({ tokenizerFolder: tokenizer?.name }),
      onRounded: (rounding) => roundings.push(rounding),
      onProgress: count.at,
      ...(isVerified(options) && { check }),
    });
    const [first, ...others] = roundings;
    const rounding = first && others.reduce((max, one) => (one.largest > max.largest ? one : max), first);
    return { files, ...omitUndefined({ rounding, largestDifference: differences[0] }) };
  } finally {
    count.stop();
  }
}

/** The largest difference between the logits of the adapted and the written model for a sample input. */
export async function verify(folder: string, options: FullOptions, report: Report): Promise<number> {
  const { model, adapter, allowDifferentBase, to, dtype = to === "gguf" ? undefined : "F32" } = options;
  const whole = await openModel({ model, adapter, allowDifferentBase }, report);
  const adapted = sampleLogits(whole.base, whole.opened.context);
  whole.dispose();
  try {
    const written = await openModel({ model: folder }, report);
    const merged = sampleLogits(written.base, written.opened.context);
    written.dispose();
    try {
      // Rounding to another type is expected to differ. A tolerance that is given is always checked.
      const requested = dtype === "F32" ? await toleranceFor(adapted) : Number.POSITIVE_INFINITY;
      const { largestDifference } = await verifyMerge({ adapted, merged, tolerance: options.tolerance ?? requested });
      return largestDifference;
    } finally {
      merged.dispose();
    }
  } finally {
    adapted.dispose();
  }
}

/** The draft of `--out`. Reports a draft of an earlier run that is not resumed. */
export async function draftFor(
  opened: OpenedInFiles,
  { out, resume = false, dtype, tied, minKept }: MergeOptions,
  { report, heads = [] }: { readonly report: Pick<Report, "note">; readonly heads?: readonly Uint8Array[] },
): Promise<DraftRequest> {
  const left = resume ? undefined : await FolderDraft.left(out);
  if (left !== undefined) report.note(`an earlier run left ${formatBytes(left)} of this merge; --resume continues it`);
  return { identity: identityOf(opened, [dtype ?? "F32", tied, minKept], heads), resume };
}

/** Everything that determines the written bytes. `heads` are the beginnings of files, which describe the rest. */
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
