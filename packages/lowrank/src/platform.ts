// The differences between Node and a web page: where models come from, how files are read, where results are written.

import type { DecodedImage, Example } from "@lowrank/data";
import type { ReadOptions, RowList } from "@lowrank/data/internal";
import type { ExportOptions } from "@lowrank/merge/internal";
import type { PretrainedModel } from "@lowrank/models";
import type { Notices } from "./notices.ts";
import type { AdapterSource, FolderInput, ModelSource } from "./open/model-source.ts";
import type { RunFolder, RunRequest } from "./run-folder.ts";

/** A path, a URL or a name on the Hub; or a folder or files in memory. */
export type ModelInput = string | FolderInput;

/**
 * The path of a data file (in a web page: its URL), a glob pattern or the name of a data set on the Hugging Face Hub; a
 * `File`; several paths, whose rows are concatenated; or rows as objects, with the fields of a data file.
 */
export type RowsInput = string | File | readonly string[] | readonly object[];

/** An output folder: its path, or in a web page the result of `showDirectoryPicker`. */
export type OutputFolder = string | WritableDirectory;

/** The part of `FileSystemDirectoryHandle` that writing needs. */
export interface WritableDirectory {
  readonly name: string;
  getFileHandle(
    name: string,
    options: { readonly create: true },
  ): Promise<{
    createWritable(): Promise<{ write(data: string | Uint8Array): Promise<void>; close(): Promise<void> }>;
  }>;
  getDirectoryHandle?(name: string, options: { readonly create: true }): Promise<WritableDirectory>;
}

/** Files by name. */
export type FolderFiles = ReadonlyMap<string, string | Uint8Array>;

/** How models and data are read. */
export interface SourceContext {
  readonly notices: Notices;
  readonly fetch?: typeof fetch | undefined;
  /** An access token of the Hugging Face Hub. */
  readonly accessToken?: string | undefined;
  /** The source of the data file "-". */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** A model to write. */
export interface ModelOutput extends ExportOptions {
  readonly model: PretrainedModel;
}

/** Maximum pixels of an image: more than any camera produces. */
export const maxPixels = 100_000_000;

/** Collects rows. */
export interface RowStore<Row> {
  add(row: Row): void;
  finish(): RowList<Row>;
}

/** A runtime: Node or a web page. */
export interface Platform {
  /** The machine's memory in bytes; undefined if unknown. */
  memoryBytes(): number | undefined;
  findModel(input: ModelInput, context: SourceContext): Promise<ModelSource>;
  findAdapter(input: ModelInput, context: SourceContext): Promise<AdapterSource>;
  readRows(input: string, options: ReadOptions, context: SourceContext): Promise<RowList<Example>>;
  /** A name that will give the same rows again: for a data set on the Hub, the name with the commit that was read. */
  pinnedName?(input: string): Promise<string>;
  /** Collects rows; many rows are moved to disk if there is one. */
  keepRows<Row>(): RowStore<Row>;
  /** Reads rows as a stream if the runtime can. */
  streamRows(input: string, options: ReadOptions, context: SourceContext): AsyncIterable<Example>;
  /** The bytes of the image or recording that a row names. Throws MEDIA_UNREADABLE. */
  readMedia(name: string): Promise<Uint8Array>;
  /** Decodes an image. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage>;
  /** Writes all files or none. */
  writeFiles(folder: OutputFolder, files: FolderFiles, options: { readonly overwrite: boolean }): Promise<void>;
  /** Locks the folder of a run. */
  openRun(out: string, request: RunRequest): Promise<RunFolder>;
  writeModel(folder: OutputFolder, output: ModelOutput, options: { readonly overwrite: boolean }): Promise<void>;
}
