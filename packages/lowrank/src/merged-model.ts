// A model with its adapter merged into the weights, as files.

import type { PretrainedModel } from "@lowrank/models";
import { checkArgument, checkCall } from "./check-argument.ts";
import type { Notices } from "./notices.ts";
import { omitUndefined } from "./omit-undefined.ts";
import type { OpenedBase } from "./open/open-base.ts";
import type { OpenedAdapter } from "./opened-adapter.ts";
import { isRounded } from "./options/file-options.ts";
import type { GgufOptions, MergedModelOptions, OnnxOptions } from "./options.ts";
import type { FolderFiles, ModelOutput, OutputFolder, Platform } from "./platform.ts";

type MergedWork = (output: ModelOutput, opened: OpenedBase) => Promise<void>;

/** Facts about a merge. */
export interface MergeFacts {
  /** Paths of the weights that changed. */
  readonly changed: readonly string[];
  /** Largest difference between logits of the adapted and the merged model, on a sample input. */
  readonly largestDifference: number;
}

/**
 * The result of `OpenedModel.merge`. Each method merges, checks the logits and undoes the merge, so the model is unchanged. If the
 * base is quantized ("int8", "nf4", "bf16"), it is opened again in float32 for this.
 */
export class MergedModel {
  constructor(
    private readonly adapter: OpenedAdapter,
    private readonly options: MergedModelOptions,
    private readonly host: { readonly platform: Platform; readonly notices: Notices },
  ) {}

  /** Merges and verifies; writes nothing. Throws MERGE_VERIFICATION, and the errors of `mergeAdapter` of @lowrank/merge. */
  verify(): Promise<MergeFacts> {
    return this.#whileMerged(async () => undefined);
  }

  /** Writes a Hugging Face folder that transformers loads. Also throws the errors of `writeModelFolder` of @lowrank/merge. */
  async save(folder: OutputFolder, options: { readonly overwrite?: boolean } = {}): Promise<MergeFacts> {
    checkCall("save", { folder }, options);
    const { overwrite = false } = options;
    const { platform } = this.host;
    return this.#whileMerged((output) => platform.writeModel(folder, output, { overwrite }));
  }

  /** The folder's files in memory: file name → bytes. */
  async files(): Promise<FolderFiles> {
    let files: FolderFiles = new Map();
    await this.#whileMerged(async ({ model, ...options }) => {
      const { exportModel } = await import("./merge/merging.ts");
      files = await exportModel(model, options);
    });
    return files;
  }

  /**
   * `model.gguf` for llama.cpp and a Modelfile for Ollama, in memory: file name → bytes. To measure the effect of quantization on the
   * adapter, use `lowrank merge --to gguf`. Also throws the errors of `ggufModelFile` of @lowrank/merge/gguf, and TOKENIZER_INVALID.
   */
  async gguf(options: GgufOptions = {}): Promise<FolderFiles> {
    checkCall("gguf", {}, options);
    if (options.type !== undefined) checkArgument("gguf", "type", options.type);
    const written = new Map<string, Uint8Array>();
    await this.#whileMerged(async (_, opened) => {
      const { ggufOutput, joinPieces } = await import("./merge/merging.ts");
      const { files, close } = await ggufOutput(opened, {
        onWarning: this.host.notices.warn,
        ...options,
      });
      try {
        for (const { name, contents } of files) {
          const pieces: Uint8Array[] = [];
          for await (const piece of contents()) pieces.push(piece);
          written.set(name, joinPieces(pieces));
        }
      } finally {
        await close();
      }
    });
    return written;
  }

  /**
   * The folder that transformers.js loads, in memory: file name → bytes. `onnx/model.onnx` has float32 weights, and
   * `onnx/model_quantized.onnx` 8-bit ones. Throws NO_ONNX_FORM and ONNX_TOO_LARGE.
   */
  async onnx(options: OnnxOptions = {}): Promise<FolderFiles> {
    checkCall("onnx", {}, options);
    let files: FolderFiles = new Map();
    await this.#whileMerged(async (output) => {
      const { onnxFiles } = await import("./merge/merging.ts");
      files = await onnxFiles(output, options);
    });
    return files;
  }

  async #whileMerged(work: MergedWork): Promise<MergeFacts> {
    const { opened, basePrecision } = this.adapter;
    if (!isRounded(basePrecision)) return this.#whileMergedIn(opened, work);
    const { openExactly } = await import("./merge/merging.ts");
    const exact = await openExactly(opened, this.host.notices);
    try {
      return await this.#whileMergedIn(exact, work, { keepOriginals: false });
    } finally {
      exact.dispose();
    }
  }

  /** Does not save the original weights, which needs no extra memory. The merge cannot be undone: dispose of the model afterwards. */
  async #whileMergedIn(opened: OpenedBase, work: MergedWork, { keepOriginals = true } = {}): Promise<MergeFacts> {
    const { dtype, tolerance, tied } = this.options;
    const isPacked = this.adapter.basePrecision === "as-stored";
    const options = { ...omitUndefined({ tolerance, tied }), keepOriginals, isPacked };
    const { exportSource, mergedTexts, mergeVerified } = await import("./merge/merging.ts");
    const { merged, adapted, changed, largestDifference } = await mergeVerified(opened, options);
    adapted.dispose();
    try {
      const source = await exportSource(opened, this.host.notices);
      const tokenizer = opened.tokenizerFolder;
      const labelNames = classNamesFor(opened.model, this.adapter.classNames);
      const texts = await mergedTexts(opened);
      await work({ model: opened.model, source, texts, ...omitUndefined({ tokenizer, dtype, labelNames }) }, opened);
      return { changed, largestDifference };
    } finally {
      if (keepOriginals) merged.undo();
    }
  }
}

/** Class names of a merged model: the adapter's if their number matches, else the base's. */
export function classNamesFor(
  { config, task }: Pick<PretrainedModel, "config" | "task">,
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  const hasNames = /^(sequence|token|image)-classification$/.test(task);
  return hasNames && names?.length === config.labels ? names : undefined;
}
