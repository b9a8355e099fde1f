// lowrank merge --to gguf: a folder with model.gguf and Ollama's Modelfile.

import { join } from "node:path";
import type { RetainedEffect } from "@lowrank/merge/gguf";
import type { ExportFile, MergeInFiles } from "@lowrank/merge/internal";
import { writeExportFolder } from "@lowrank/merge/node";
import { ggufOutput, isGenerative } from "../../merge/gguf-output.ts";
import type { OpenedInFiles } from "../../merge/open-in-files.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { printFiles } from "../adapter-output.ts";
import { startByteCount } from "../terminal/byte-count.ts";
import { formatNumber, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { draftFor, type FullOptions, isVerified, verify } from "./write-merged.ts";

type Rounded = RetainedEffect & { readonly tensor: string };

/** Writes the merged model atomically. Throws LOST_EFFECT, MERGE_VERIFICATION. */
export async function mergeToGguf(
  opened: OpenedInFiles,
  { merge, options }: { readonly merge: MergeInFiles; readonly options: FullOptions },
  report: Report,
): Promise<void> {
  const { out, dtype, minKept, plan = false, overwrite = false } = options;
  const rounded: Rounded[] = [];
  const callbacks = { onRounded: (effect: Rounded) => void rounded.push(effect), onWarning: report.warn };
  const output = await ggufOutput(opened, { merge, ...callbacks, ...omitUndefined({ type: dtype, minKept }) });
  const { changed } = merge;
  try {
    if (plan) {
      const files = output.files.map(({ name, bytes }) => ({ name, bytes }));
      report.emit({ type: "plan", out, changed, files });
      printFiles(files, report);
      report.print(`${plural(changed.length, "weight")} would change; nothing is written`);
      return;
    }
    const differences: number[] = [];
    const check = async (folder: string) => {
      if (isVerified(options)) differences.push(await verify(join(folder, "model.gguf"), options, report));
    };
    const heads = await Promise.all(output.files.map(headOf));
    const draft = await draftFor(opened, options, { report, heads });
    const count = startByteCount(report, "written");
    try {
      const files = await writeExportFolder(out, output.files, { draft, overwrite, check, onProgress: count.at });
      report.emit({
        out,
        dtype: output.type,
        changed,
        files,
        rounded,
        ...omitUndefined({ largestDifference: differences[0] }),
      });
      printKept(rounded, output.type, report);
      for (const difference of differences)
        report.print(
          `lowrank read the file back: its logits differ by ${formatNumber(difference)} at most from the adapted model's ` +
            "(a sample input). llama.cpp has not loaded it",
        );
      printFiles(files, report);
      report.print(`written to ${out}`);
      const program = isGenerative(opened) ? "llama-cli" : "llama-embedding";
      report.print(
        `with llama.cpp: ${program} -m ${join(out, "model.gguf")}; with Ollama: ollama create NAME -f ${join(out, "Modelfile")}`,
      );
    } finally {
      count.stop();
    }
  } finally {
    await output.close();
  }
}

/** Its first piece: of a .gguf file all bytes before the first tensor. */
async function headOf({ contents }: ExportFile): Promise<Uint8Array> {
  for await (const piece of contents()) return piece;
  return new Uint8Array();
}

function printKept(rounded: readonly Rounded[], type: string, report: Report): void {
  const [first, ...others] = rounded;
  if (first === undefined) return;
  const min = others.reduce((worst, result) => (result.kept < worst.kept ? result : worst), first);
  const summary = `every tensor keeps ${Math.round(100 * min.kept)} % or more of the adapter's change (lowest: ${min.tensor})`;
  report.print(`rounded to ${type === "as-base" ? "the base's types" : type}; ${summary}`);
}
